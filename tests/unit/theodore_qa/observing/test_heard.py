"""What is kept of the answers, and which part of a value stood in them."""

from collections import deque

import pytest

from theodore_qa.observing import heard


@pytest.mark.parametrize(
    ("value", "share"),
    [
        ({"name": "Acme", "founded": 2010}, 1.0),
        ({"name": "Acme", "founded": 1999}, 0.5),
        (["Stripe", ["Zürich"]], 0.0),
        ("Acme", 1.0),
        ({"name": None, "public": True, "tags": []}, 1.0),
        ({}, 1.0),
    ],
)
def test_share_of_texts_and_numbers_that_stand_in_answers(value: object, share: float) -> None:
    assert heard.share(value, ['{"name": "Acme", "founded": 2010}', "no JSON"]) == share


def test_text_is_found_as_json_writes_it() -> None:
    assert heard.share('Z\u00fcrich "AG"', [r'{"name": "Z\u00fcrich \"AG\""}']) == 1


def test_nothing_is_known_without_answers() -> None:
    assert heard.share("Acme", []) == 0


def test_oldest_texts_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heard, "MOST", 10)
    monkeypatch.setattr(heard, "LONGEST", 6)
    texts: deque[str] = deque()
    for text in ("first answer", "second", "third"):
        heard.keep(texts, text)
    assert list(texts) == ["third"]
