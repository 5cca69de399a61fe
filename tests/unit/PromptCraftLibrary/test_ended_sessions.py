"""Sessions that have ended, on a platform that shows some of them still."""

from types import SimpleNamespace

import pytest

from PromptCraftLibrary import ended_sessions, sign_on, stored_lists
from theodore_qa.observing.checks import Checks

ENDED = ({"session_id": "s1", "access_token": "a1"}, {"session_id": "s2", "access_token": "a2"})
PRESENT = {"session_id": "s3", "access_token": "a3"}


@pytest.fixture
def platform(monkeypatch):
    """What the platform still shows: the sessions in its list, in its store, and the tokens that it takes."""
    seen = SimpleNamespace(listed=["s3"], stored=["s3"], taken=["a3"])

    def refused(checks, check, answer, realm):
        return checks.that(check, answer == "refused", "a refusal", answer)

    class Store:
        def __init__(self, realm):
            pass

        def session(self, number):
            return {"user_id": "u1"} if number in seen.stored else {}

    monkeypatch.setattr(stored_lists, "own", lambda *_: [{"session_id": number} for number in seen.listed])
    monkeypatch.setattr(sign_on, "profile", lambda _, token: "accepted" if token in seen.taken else "refused")
    monkeypatch.setattr(sign_on, "refused", refused)
    monkeypatch.setattr(ended_sessions, "SessionStore", Store)
    return seen


def failures(store="redis://127.0.0.1:1"):
    realm = SimpleNamespace(system=SimpleNamespace(entry=SimpleNamespace(session_store=store)))
    checks = Checks("Ended sessions")
    ended_sessions.out_of_sight(checks, "end", realm, ENDED, PRESENT)
    return {seen.check for seen in checks.done if seen.verdict == "FAIL"}


def test_sessions_that_are_nowhere_any_more_pass(platform):
    assert failures() == set()


@pytest.mark.parametrize(
    ("what", "left", "check"),
    [
        ("listed", "s2", "sessions.end_listed"),
        ("stored", "s1", "sessions.end_stored"),
        ("taken", "a2", "sessions.end_still"),
    ],
)
def test_a_session_that_is_left_somewhere_is_found(platform, what, left, check):
    getattr(platform, what).append(left)
    assert failures() == {check}


def test_an_empty_list_and_an_empty_store_prove_nothing(platform):
    platform.listed, platform.stored = [], []
    assert failures() == {"sessions.end_present", "sessions.end_stored"}


def test_without_a_store_lists_and_tokens_are_looked_at(platform):
    platform.stored.append("s1")
    assert failures(store="") == set()
