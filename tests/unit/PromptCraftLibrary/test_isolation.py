from types import SimpleNamespace

import pytest

from PromptCraftLibrary import isolation
from PromptCraftLibrary.isolation import Kind
from PromptCraftLibrary.specimens import Specimen
from theodore_qa.errors import UsageError


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        (["41", "42"], "all begin with 4"),
        (["41"], "41"),
        (["5f2b"], "5f2b"),
        (["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"], "all begin with"),
        (["b11076e6-eb23-581a-880b-b59ab7d3c35f", "0c5df7d1-1f7b-4d0e-9a21-2f0a7be0a001"], ""),
    ],
)
def test_ids_that_can_be_guessed(numbers, reason):
    assert isolation.guessable(numbers).startswith(reason)
    assert bool(isolation.guessable(numbers)) == bool(reason)


def test_another_id_has_the_same_form():
    assert isolation.near("ab10") == "ab11"
    assert isolation.near("ab1f") == "ab10"


@pytest.mark.parametrize(
    ("number", "guesses"),
    [
        ("agent_5_ab1", ["agent_5", "agent_4_ab1", "agent_4", "agent_6_ab1", "agent_6"]),
        ("09", ["08", "10"]),
        ("wf_0", ["wf_1"]),
        ("b11076e6-eb23", []),
        ("5f2b", []),
    ],
)
def test_ids_are_guessed_by_counting_and_by_time(number, guesses):
    assert isolation.neighbours(number) == guesses


def test_errors_are_alike_but_for_what_belongs_to_a_request():
    def answer(status, **body):
        return SimpleNamespace(status=status, text=str(body), body=body)

    nobodys = answer(404, detail="There is none: n1", request_id="1", path="/users/n1")
    assert isolation.alike(answer(404, detail="There is none: n2", request_id="2", path="/users/n2"), "n2") == isolation.alike(
        nobodys, "n1"
    )
    assert isolation.alike(answer(404, detail="Of another tenant: n2", request_id="2"), "n2") != isolation.alike(nobodys, "n1")
    assert isolation.alike(answer(403, detail="There is none: n2", request_id="2"), "n2") != isolation.alike(nobodys, "n1")


def realm(entries):
    path = SimpleNamespace(name="words.yaml")
    return SimpleNamespace(words=SimpleNamespace(needed=lambda _: entries, path=path))


def test_a_kind_that_the_vocabulary_does_not_have_is_named_with_the_nearest():
    with pytest.raises(UsageError, match=r"There is no kind 'user' in tenant_bound of words.yaml: did you mean 'users'\?"):
        Kind.named(realm({"users": {}, "sessions": {}}), "user")


def test_a_way_that_a_kind_does_not_have_says_what_to_do():
    kind = Kind.named(realm({"events": {"list": "GET /events", "id": "id"}}), "events")
    with pytest.raises(UsageError, match="The kind 'events' has no 'change' in the vocabulary: leave this row out, or add it"):
        kind.send("change", "1", "")
    with pytest.raises(UsageError, match="The kind 'events' is not searched by the vocabulary"):
        kind.query("1")


@pytest.mark.parametrize(
    ("after", "text"),
    [
        ({"data": {"status": "waiting", "steps": []}}, "unchanged"),
        ({"data": {"status": "running", "steps": []}}, "data.status waiting → running"),
        (None, "gone for its owner"),
    ],
)
def test_what_has_changed_is_shown_field_by_field(after, text):
    assert isolation.difference({"data": {"status": "waiting", "steps": []}}, after) == text


def test_a_kind_without_figures_or_files_says_what_to_do():
    kind = Kind.named(realm({"events": {"list": "GET /events", "id": "id"}}), "events")
    with pytest.raises(UsageError, match="The kind 'events' has no 'figures' in the vocabulary"):
        kind.counted(Specimen("1", "one"), "", "owner")
    with pytest.raises(UsageError, match="The kind 'events' has no 'file' in the vocabulary"):
        kind.file(Specimen("1", "one"), "")


@pytest.mark.parametrize(
    ("made", "seen", "leaked"),
    [
        ("", [{"name": "reader", "at": 1}], ["reader"]),
        ("writer", [{"name": "reader", "at": 1}], []),  # of the same name, and another one
        ("writer", [{"name": "reader", "at": 0}], ["reader"]),
        ("reader", [{"name": "reader", "at": 1}], ["reader"]),
        ("writer", [{"name": "other", "at": 0}], []),
    ],
)
def test_an_item_of_the_same_name_is_no_leak_unless_it_is_the_same_item(made, seen, leaked):
    kind = Kind.named(realm({"agents": {"list": "GET /agents", "id": "name"}}), "agents")
    assert kind.leaked([{"name": "reader", "at": 0}], seen, made) == leaked
