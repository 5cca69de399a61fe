"""What an answer has to be."""

import json

import pytest

from theodore_load.answers import BadAnswerError, Expectation, tree_of
from theodore_load.protocol import Answer


def answer(body=b'{"status": "ok", "n": 5, "items": [{"id": "x"}], "flag": true}', status=200):
    made = Answer()
    made.status, made.body = status, bytearray(body)
    return made


@pytest.mark.parametrize(
    "expected",
    [
        {"fields": {"status": "ok"}},
        {"fields": {"n": 5, "items.0.id": "{{id}}"}},
        {"fields": {"n": "5", "flag": "true"}},  # as a table has them
        {"fields": {"status": ["done", "ok"], "flag": "*"}},
        {"text": ['"id": "{{id}}"', "status"]},
        {"schema": {"type": "object", "required": ["n"]}},
        {"status": ["200", 201], "text": "ok"},
    ],
)
def test_right_answers(expected):
    assert Expectation(expected, {}, {}).judge(answer(), {"id": "x"}) == ({}, True)


@pytest.mark.parametrize(
    ("expected", "given", "kind", "message"),
    [
        ({}, answer(b"who?", 401), "status", "expected 200, observed 401 who?"),
        ({"status": [201, 200]}, answer(b"", 500), "status", "expected 200 or 201, observed 500"),
        ({"text": "hello"}, answer(b""), "check", "expected the text 'hello', observed an empty body"),
        ({"fields": {"n": 1}}, answer(b"<html>"), "check", "expected JSON, observed <html>"),
        ({"fields": {"n": 1}}, answer(b"[" * 100_000), "check", f"expected JSON, observed {'[' * 80}"),
        ({"fields": {"n": 1}}, answer(b"{}"), "check", "expected n 1, observed None"),
        ({"fields": {"n": 1}}, answer(b'{"n": true}'), "check", "expected n 1, observed True"),
        ({"fields": {"n": "*"}}, answer(b'{"n": null}'), "check", "expected n any value, observed None"),
        ({"fields": {"n": ["a", "b"]}}, answer(b'{"n": "c"}'), "check", "expected n a or b, observed c"),
        (
            {"schema": {"required": ["m"]}},
            answer(b"{}"),
            "check",
            "expected the schema, observed at $: 'm' is a required property",
        ),
    ],
)
def test_wrong_answers(expected, given, kind, message):
    with pytest.raises(BadAnswerError) as caught:
        Expectation(expected, {}, {}).judge(given, {})
    assert (caught.value.kind, str(caught.value)) == (kind, message)


def test_values_are_taken_and_a_step_may_have_to_wait():
    expectation = Expectation({}, {"count": "n"}, {"status": "done"})
    assert expectation.judge(answer(), {}) == ({"count": 5}, False)
    assert expectation.judge(answer(b'{"n": 6, "status": "done"}'), {}) == ({"count": 6}, True)
    with pytest.raises(BadAnswerError, match="expected a value in n, observed none"):
        expectation.judge(answer(b"{}"), {})


def test_a_body_that_goes_on_beyond_what_is_kept_is_no_success():
    long = answer(b"ok")
    long.cut = True
    with pytest.raises(BadAnswerError, match="the body has more than the 2 bytes that are looked at"):
        Expectation({"text": "ok"}, {}, {}).judge(long, {})


@pytest.mark.parametrize("text", ["NaN", "1e400", '"\\ud800"', "123456789012345678901234567890", "-0", "1e5", '{"a": 1, "a": 2}', "[]"])
def test_json_is_read_as_python_reads_it(text):
    read = tree_of(answer(text.encode()))
    assert repr(read) == repr(json.loads(text))


def test_what_is_expected_of_nothing_is_nowhere():
    with pytest.raises(BadAnswerError, match="expected n , observed 5"):
        Expectation({"fields": {"n": []}}, {}, {}).judge(answer(), {})
