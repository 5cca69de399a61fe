"""A total that a job reports is that of all its parts."""

import json

import pytest

from theodore_qa.observing.checks import Checks
from TheodoreLibrary import reported_totals

BEGIN = "2026-12-01T10:00:0{}+00:00"
PAGE = "<html><head><title>Figma</title></head><body><p>{}</p></body></html>"


def phase(name, number, milliseconds=1000.0, **output):
    return {
        "phase_name": name,
        "started_at": BEGIN.format(number),
        "completed_at": BEGIN.format(number + 1),
        "duration_ms": milliseconds,
        "output_data": output,
    }


def charge(prompt, completion, path="/v1/chat/completions", status=200):
    usage = {"prompt_tokens": prompt, "completion_tokens": completion}
    body = {"choices": [{"message": {"content": "{}"}}], "usage": usage}
    return {"path": path, "status": status, "body": json.dumps(body)}


class Followed:
    kind = "discovery"

    def __init__(self, *phases, **calls):
        self.phases = {entry["phase_name"]: entry for entry in phases}
        self.calls = calls
        self.record = {"data_sources": ["https://figma.com/", "https://figma.com/about"]}


def failed(look, job, *names):
    checks = Checks("Totals", "Figma")
    look(checks, job, *names)
    return [f"{seen.check}: expected {seen.expected}, observed {seen.observed}" for seen in checks.done if seen.verdict == "FAIL"]


SITES = [{"host": host, "path": "/", "status": 200, "body": "<html></html>"} for host in ("figma.com", "miro.com")]
TWO = [charge(100, 10), charge(200, 20), charge(7, 7, path="/v1/embeddings"), charge(9, 9, status=503)]


def test_totals_that_are_as_they_should_be():
    right = Followed(phase("target_profile", 0), phase("web_discovery", 1, tokens_used=330), openai=TWO, web=SITES)
    assert not failed(reported_totals.of_discovery, right)
    without_web = Followed(phase("web_discovery", 1, tokens_used=0))
    assert not failed(reported_totals.tokens_of_discovery, without_web)


@pytest.mark.parametrize("reported", [220, 110, None, "330"])
def test_tokens_of_one_site_are_not_those_of_all(reported):
    job = Followed(phase("web_discovery", 1, tokens_used=reported), openai=TWO, web=SITES)
    (message,) = failed(reported_totals.tokens_of_discovery, job)
    assert message.startswith(
        "discovery.tokens_as_charged: expected tokens_used 330, the sum of 2 charges, observed tokens_used "
    )


def test_answers_that_were_not_kept_whole_leave_a_least_sum():
    calls = [charge(100, 10), charge(200, 20) | {"body": '{"choices": ['}]
    assert not failed(
        reported_totals.tokens_of_discovery, Followed(phase("web_discovery", 1, tokens_used=330), openai=calls, web=SITES)
    )
    (message,) = failed(
        reported_totals.tokens_of_discovery, Followed(phase("web_discovery", 1, tokens_used=110), openai=calls, web=SITES)
    )
    assert "expected tokens_used from 110 to more, the sum of 2 charges" in message


def test_an_answer_of_no_use_is_charged_and_need_not_be_counted():
    calls = [charge(100, 10), charge(200, 20), charge(150, 15)]
    assert not failed(
        reported_totals.tokens_of_discovery, Followed(phase("web_discovery", 1, tokens_used=330), openai=calls, web=SITES)
    )
    (message,) = failed(
        reported_totals.tokens_of_discovery, Followed(phase("web_discovery", 1, tokens_used=105), openai=calls, web=SITES)
    )
    assert "expected tokens_used from 110 to 495, the sum of 3 charges" in message


def test_without_charges_nothing_is_known():
    checks = Checks("Totals", "Figma")
    calls = [charge(1, 1) | {"body": ""}]
    reported_totals.tokens_of_discovery(checks, Followed(phase("web_discovery", 1, tokens_used=5), openai=calls))
    assert [seen.verdict for seen in checks.done] == ["NOT EVALUATED"]


def test_durations_and_order_of_phases():
    apart = Followed(phase("target_profile", 0), phase("web_discovery", 1, milliseconds=1.0))
    assert failed(reported_totals.spans_of_phases, apart, "discovery.spans") == [
        "discovery.spans: expected each duration within 50 ms of its begin and end, observed web_discovery 1.0 ms"
    ]
    before = Followed(phase("target_profile", 2), phase("web_discovery", 0))
    assert failed(reported_totals.order_of_phases, before, "discovery.phases_follow")
    assert failed(reported_totals.order_of_phases, Followed(), "discovery.phases_follow")


@pytest.mark.parametrize(("length", "right"), [(400, True), (150, False), (5000, False), (None, False)])
def test_text_of_one_page_is_not_that_of_all(length, right):
    web = [{"host": "figma.com", "path": "/", "status": 200, "body": PAGE.format("a word " * 30)} for _ in range(2)] + [
        {"host": "figma.com", "path": "/", "status": 200, "body": "User-agent: *"}
    ]
    job = Followed(phase("intelligent_scraping", 0, content_length=length), web=web)
    assert (not failed(reported_totals.text_of_pages, job)) is right
