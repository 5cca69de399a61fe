"""Scenarios are checked whole before anything is sent."""

import json

import pytest

from theodore_load import scenario
from theodore_load.user import request
from theodore_qa.errors import UsageError

STEP = {"request": "GET /a", "expect": {"text": "ok"}}


def read(tmp_path, *steps, **entries):
    declared = {"url": "http://127.0.0.1:1/base", "stages": ["1 user x 1"], "journeys": [{"steps": list(steps) or [STEP]}]}
    return scenario.read(declared | entries, tmp_path)


@pytest.mark.parametrize(
    ("steps", "entries", "message"),
    [
        ([], {"url": ""}, "The scenario has no 'url': add it."),
        ([], {"stage": []}, "There is no entry 'stage' in the scenario: did you mean 'stages'?"),
        ([{"request": "FETCH /a"}], {}, "'FETCH /a' is no request: write for example 'GET /orders'"),
        ([{"request": "GET a"}], {}, "'GET a' is no request"),
        ([{"request": "GET /a"}], {}, "The step 'GET /a' accepts whatever body comes: say what it must hold"),
        ([STEP | {"expect": {"status": "good"}}], {}, "expects the status good: write a number such as 200."),
        ([STEP | {"json": 1, "form": {}}], {}, r"has several bodies \(json, form\): leave it one."),
        ([STEP | {"request": "GET /{{job}}"}], {}, "needs a value 'job', which no column of the data and no earlier step gives"),
        ([STEP, STEP], {}, "Two steps or journeys have the name 'GET /a'"),
        (
            [STEP],
            {"stages": ["9/s for 1 s"], "limits": {"max_rps": 5}},
            "9 arrivals a second, and 5 requests a second are allowed",
        ),
        (
            [STEP],
            {"stages": ["9/s for 9 min"], "limits": {"seconds": 60}},
            "The stages last 540 s, and a load lasts at most 60 s",
        ),
        ([STEP], {"stages": ["60000 users x 1"]}, "The load has 60000 users, and at most 50000 are possible."),
        ([STEP], {"data": "none.csv"}, "none.csv cannot be read: No such file or directory."),
        ([STEP], {"data": [{"a": 1}, {"b": 1}]}, "Row 2 of the data has other columns than the first one: a."),
        ([STEP], {"limits": {"rps": 1}}, "There is no entry 'rps' in the limits: did you mean 'max_rps'?"),
        ([STEP], {"journeys": [{"name": "j", "steps": []}]}, "The journey 'j' has no steps: add at least one."),
        ([STEP], {"journeys": [{"name": "j", "weight": 0, "steps": [STEP]}]}, "The weight of the journey 'j' is 0"),
        (
            [STEP | {"expect": {"schema": {"type": "text"}}}],
            {},
            "The schema of the step 'GET /a' is no JSON schema, at .*: 'text' is",
        ),
        ([STEP | {"expect": {"schema": "no.json"}}], {}, "The JSON schema in .*no.json cannot be read"),
    ],
)
def test_mistakes_are_named(tmp_path, steps, entries, message):
    with pytest.raises(UsageError, match=message):
        read(tmp_path, *steps, **entries)


def test_an_answer_without_a_body_needs_no_check_of_it(tmp_path):
    made = read(tmp_path, {"request": "DELETE /a", "expect": {"status": 204}}, {"request": "HEAD /a"})
    assert [step.method for step in made.journeys[0].steps] == ["DELETE", "HEAD"]


def test_data_comes_from_csv_and_values_from_earlier_steps(tmp_path):
    (tmp_path / "people.csv").write_text("name,city\nAda,London\nAlan,Wilmslow\n", encoding="utf-8")
    made = read(
        tmp_path,
        {"request": "POST /people", "json": {"name": "{{name}}"}, "expect": {"text": "{{city}}"}, "take": {"id": "id"}},
        {"request": "GET /people/{{id}}", "expect": {"text": "{{name}}"}},
        data="people.csv",
    )
    assert made.data == ({"name": "Ada", "city": "London"}, {"name": "Alan", "city": "Wilmslow"})
    again = scenario.read(json.loads(json.dumps(made.declared)), tmp_path)  # as a worker gets it
    assert (again.data, again.limits) == (made.data, made.limits)


def test_a_request_is_rendered_with_values_that_cannot_leave_their_place(tmp_path):
    step = (
        read(
            tmp_path,
            {
                "request": "POST /people/{{name}}?q=a b",
                "json": {"n": "{{count}}", "text": "is {{name}}"},
                "headers": {"X-Name": "{{name}}", "accept": "text/plain"},
                "expect": {"text": "ok"},
            },
            data=[{"name": 'a/"b\r\nc', "count": 5}],
        )
        .journeys[0]
        .steps[0]
    )
    made = request(step, "/base", {"Host": "h", "Accept": "*/*"}, {"name": 'a/"b\r\nc', "count": 5})
    head, _, body = made.partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"POST /base/people/a%2F%22b%0D%0Ac?q=a%20b HTTP/1.1",
        b"Host: h",
        b"Accept: text/plain",
        b"Content-Type: application/json",
        b"Content-Length: 30",
        b'X-Name: a/"bc',
    ]
    assert json.loads(body) == {"n": 5, "text": 'is a/"b\r\nc'}


def test_a_form_is_sent_as_browsers_do(tmp_path):
    made = read(tmp_path, {"request": "POST /a", "form": {"a b": "{{user}} & c"}, "expect": {"text": "ok"}})
    assert request(made.journeys[0].steps[0], "", {}, {"user": "x=y"}).endswith(b"\r\n\r\na+b=x%3Dy+%26+c")
