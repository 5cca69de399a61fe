"""Requests in disguise: by the seed, and with every difference that an answer has for another client."""

import datetime as dt
import itertools
import json

import pytest

from ApiLibrary import clients
from theodore_qa.systems.exchange import Exchange

OWN = {"Accept": "*/*", "User-Agent": "robotframework-theodore", "Authorization": "Bearer x"}


def sent_as(seed, share=1.0):
    disguise = clients.Disguise(seed, share)
    return [disguise(OWN) for _ in range(40)]


def test_a_seed_repeats_the_disguises():
    assert sent_as(5) == sent_as(5) != sent_as(6)


def test_agents_and_the_order_of_headers_vary_and_credentials_stay():
    requests = sent_as(5)
    agents = {value for headers in requests for name, value in headers if name.lower() == "user-agent"}
    assert len(agents) > 5
    assert OWN["User-Agent"] in agents
    assert len({tuple(name for name, _ in headers) for headers in requests}) > 10
    assert all(("Authorization", "Bearer x") in headers for headers in requests)
    assert all([name.lower() for name, _ in headers].count("user-agent") == 1 for headers in requests)


def test_a_share_of_none_is_this_client():
    assert {dict(headers)["User-Agent"] for headers in sent_as(5, 0.0)} == {OWN["User-Agent"]}


class System:
    """Answers by ``answer`` to whoever seems to ask; counts the requests."""

    def __init__(self, answer):
        self.answer, self.dress, self.numbers = answer, None, itertools.count()

    def dressed(self, dress):
        self.dress = dress

    def send(self):
        headers = dict(self.dress(OWN)) if self.dress else OWN
        agent = headers.get("User-Agent") or headers.get("user-agent")
        status, body = self.answer(agent, next(self.numbers))
        media = {"content-type": "application/json"}
        return Exchange("GET", "/", status, media, json.dumps(body), dt.datetime.now(dt.UTC), 0.0)


def found(answer):
    system = System(answer)
    differences, count = clients.differences(system.send, system.dressed, 3)
    return {(each.client, each.what) for each in differences}, count


def test_equal_answers_are_alike_whatever_changes_by_itself():
    assert found(lambda agent, number: (200, {"a": [1, 2], "now": number})) == (set(), 5 * 4)


@pytest.mark.parametrize(
    ("answer", "difference"),
    [
        (lambda agent: (403 if "Mozilla" in agent else 200, {}), "status 403 instead of 200"),
        (lambda agent: (200, {"a": 2 if "Mozilla" in agent else 1}), "/a 2 instead of 1"),
        (lambda agent: (200, {} if "Mozilla" in agent else {"a": 1}), "/a missing instead of 1"),
        (lambda agent: (200, {"a": 1} if "Mozilla" in agent else {}), "/a 1, which this client does not get"),
        (
            lambda agent: (200, [1] if "Mozilla" in agent else [1, 2, 3, 4]),
            "length of the list 1 instead of 4; /1 missing instead of 2; /2 missing instead of 3; and 1 more",
        ),
    ],
)
def test_what_a_browser_gets_otherwise_is_named(answer, difference):
    assert found(lambda agent, number: answer(agent))[0] == {("a browser", difference)}


def test_a_system_that_is_well_for_its_test_client_alone_is_found():
    differences, _ = found(lambda agent, number: (200, {"ok": agent == OWN["User-Agent"]}))
    assert differences == {("a browser", "/ok false instead of true"), ("an SDK", "/ok false instead of true")}
