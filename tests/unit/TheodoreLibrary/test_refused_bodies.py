"""A body that is refused before it was read: the connection may be reset before the answer arrives."""

from types import SimpleNamespace

import pytest

from theodore_qa.errors import UnreachableError
from TheodoreLibrary.keywords import headers


@pytest.mark.parametrize(("resets", "answer"), [(0, "413"), (headers.ATTEMPTS - 1, "413"), (headers.ATTEMPTS, None)])
def test_a_reset_is_no_answer_and_is_tried_again(monkeypatch, resets, answer):
    sent = []

    def request(*_, **__):
        sent.append(1)
        if len(sent) <= resets:
            raise UnreachableError("the connection was reset")
        return "413"

    monkeypatch.setattr(headers, "context", SimpleNamespace(system=SimpleNamespace(request=request)))
    assert headers.HeaderKeywords._refused_for_length("token") == answer
    assert len(sent) == min(resets + 1, headers.ATTEMPTS)
