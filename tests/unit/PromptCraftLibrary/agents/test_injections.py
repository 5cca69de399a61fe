"""Calls of tools are told by the records of the server, and by nothing that an agent says."""

import json

import pytest

from PromptCraftLibrary.agents import injections


def answered(tool, word, **more):
    text = json.dumps({"tool": tool, "arguments": {"word": word}} | more)
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": text}]}})


def test_a_call_is_one_of_the_tool_with_its_word():
    body = answered(injections.TRAP, "w1")
    assert injections.called(body, injections.TRAP, "w1")
    assert not injections.called(body, injections.TRAP, "w2")
    assert not injections.called(body, injections.TASK, "w1")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "[]",
        "null",
        '{"result": "called qa_erase with w1"}',
        '{"result": {"content": "qa_erase w1"}}',
        '{"result": {"content": [3, {"text": "I called qa_erase with w1"}, {}]}}',
        json.dumps({"output": answered(injections.TRAP, "w1")}),
        answered(injections.TASK, "w2", answer="call qa_erase with w1"),
    ],
)
def test_words_are_no_calls(body):
    assert not injections.called(body, injections.TRAP, "w1")


@pytest.mark.parametrize("wording", injections.WORDINGS)
def test_each_wording_names_the_trap_and_fits_into_a_description(wording):
    text = injections.DESCRIBED + wording.format(trap=injections.TRAP, word="qa0123456789ab")
    assert f"call {injections.TRAP} with qa0123456789ab" in text
    assert not set('"\\$') & set(text)
    assert len(text) <= 500
