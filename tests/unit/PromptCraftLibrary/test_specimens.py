"""Items that the run makes: their names, what is sent, and what is said when nothing comes of it."""

from types import SimpleNamespace

import pytest

from PromptCraftLibrary import specimens
from PromptCraftLibrary.isolation import Kind
from theodore_qa.errors import NotEvaluatedError

ENTRY = {"make": {"operation": "POST /notes", "id": "data.id", "body": {"note": {"title": "{unique}"}}}}


def kind(answers, requests=None):
    """A kind whose system answers so, one answer a request."""

    def request(method, path, json_body=None, token=""):
        (requests if requests is not None else []).append((method, path, json_body, token))
        status, body = answers.pop(0)
        return SimpleNamespace(
            status=status, ok=status < 300, body=body, method=method, path=path, text=str(body), excerpt=lambda: str(body)
        )

    return Kind(SimpleNamespace(system=SimpleNamespace(request=request)), "notes", ENTRY)


def test_an_item_is_made_with_a_name_of_its_own():
    requests = []
    specimen = specimens.made(kind([(201, {"data": {"id": 7}})], requests), "t")
    assert requests == [("POST", "/notes", {"note": {"title": specimen.title}}, "t")]
    assert specimen.number == "7"
    assert specimen.title != specimens.unique()


@pytest.mark.parametrize("answer", [(403, {"detail": "no"}), (200, {}), (200, {"data": []}), (200, "done")])
def test_what_was_not_made_is_not_evaluated(answer):
    with pytest.raises(NotEvaluatedError, match="Nothing of notes was made to reach for: expected success with data.id"):
        specimens.made(kind([answer]), "t")
