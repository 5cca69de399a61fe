"""Durations of phases and calls, and those that cannot be true."""

import pytest

from theodore_qa.errors import NotEvaluatedError, QaError, UsageError
from TheodoreLibrary.keywords.durations import DurationKeywords

KEYWORDS = DurationKeywords()
pytestmark = pytest.mark.usefixtures("observed")


class Research:
    """A research that took a second."""

    company, finished_after = "Slack", 1.0

    def __init__(self, milliseconds=None, calls=None):
        self.phases = {"vector_storage": {"duration_ms": milliseconds}}
        self.calls = calls


def call(path, seconds, status=200):
    return {"path": path, "status": status, "started": 100.0, "finished": 100.0 + seconds}


def test_a_phase_takes_what_the_system_says():
    assert KEYWORDS.get_phase_duration(Research(250), "vector_storage") == 0.25


@pytest.mark.parametrize("milliseconds", [0, -5, 1100])
def test_a_phase_that_takes_nothing_or_longer_than_all_fails(milliseconds):
    with pytest.raises(QaError, match="expected vector_storage above 0 s and at most 1.05 s"):
        KEYWORDS.get_phase_duration(Research(milliseconds), "vector_storage")


@pytest.mark.parametrize("milliseconds", [None, "250", True])
def test_a_phase_without_a_duration_is_not_evaluated(milliseconds):
    with pytest.raises(NotEvaluatedError, match="the system reports no duration"):
        KEYWORDS.get_phase_duration(Research(milliseconds), "vector_storage")


def test_a_phase_that_no_research_has_is_refused():
    with pytest.raises(UsageError, match="vector_storage"):
        KEYWORDS.get_phase_duration(Research(1), "vector_storge")


@pytest.mark.parametrize(
    ("provider", "completion", "embedding"),
    [
        ("openai", "/v1/chat/completions", "/v1/embeddings"),
        ("gemini", "/v1beta/models/gemini-pro:generateContent", "/v1beta/models/text-embedding-004:embedContent"),
        ("bedrock", "/model/anthropic.claude/invoke", "/model/amazon.titan-embed-text-v1/invoke"),
    ],
)
def test_completions_and_embeddings_are_distinguished(provider, completion, embedding):
    calls = {provider: [call(completion, 0.5), call(completion, 9, status=503), call(embedding, 0.25)]}
    research = Research(calls=calls)
    assert KEYWORDS.get_provider_call_duration(research, provider, "completion") == pytest.approx(0.5)
    assert KEYWORDS.get_provider_call_duration(research, provider, "embedding") == pytest.approx(0.25)


def test_a_provider_that_was_not_called_is_not_evaluated():
    with pytest.raises(NotEvaluatedError, match="the record of the link has no such call"):
        KEYWORDS.get_provider_call_duration(Research(calls={"openai": []}), "openai", "completion")


def test_without_links_it_is_not_evaluated():
    with pytest.raises(NotEvaluatedError):
        KEYWORDS.get_provider_call_duration(Research(), "openai", "completion")
