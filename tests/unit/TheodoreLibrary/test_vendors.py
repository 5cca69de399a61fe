"""What a provider said in an answer, in its vendor's wire format."""

import json

import pytest

from TheodoreLibrary import vendors

FACTS = {"industry": "unknown"}


def openai(text):
    return {"choices": [{"message": {"content": text}}], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}


def test_the_object_that_a_provider_completed_is_read():
    assert vendors.completion("openai", openai(json.dumps(FACTS))) == FACTS


@pytest.mark.parametrize("answer", [{}, [], None, openai("no JSON"), openai("[1]"), openai('{"industry": '), openai(None)])
def test_an_answer_without_an_object_says_nothing(answer):
    assert vendors.completion("openai", answer) == {}
