"""What the orchestrator's answers cost by step, and which calls of a tool were ordered."""

import json
from types import SimpleNamespace

import pytest

from PromptCraftLibrary.workflows import tool_steps


def call(tool, word):
    text = json.dumps({"tool": tool, "arguments": {"word": word}})
    return {"body": json.dumps({"result": {"content": [{"type": "text", "text": text}]}})}


@pytest.fixture
def steps():
    answers = [{"step": "one", "cost": 0.5}, {"step": "two", "cost": 1}, {"step": "two"}, {"step": "two", "cost": "2"}, {"step": "two", "cost": 0.25}]
    workflow = SimpleNamespace(calls=lambda: answers, system=None, mark=0)
    return tool_steps.ToolSteps(workflow, "find", {"one": (), "two": ("a", "b")})


def test_each_answer_costs_what_it_names_and_nothing_otherwise(steps):
    assert steps.answers() == {"one": [0.5], "two": [1.0, 0.0, 0.0, 0.25]}


def test_only_calls_of_the_tool_with_its_words_count(steps, monkeypatch):
    calls = [call("find", "b"), call("erase", "a"), call("find", "c"), {"body": "none"}, call("find", "b")]
    monkeypatch.setattr(tool_steps.links, "calls", lambda system, link, mark: calls)
    assert steps.called() == ["b", "b"]
