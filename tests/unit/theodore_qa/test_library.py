"""What every Library does with what an environment openly does without."""

from types import SimpleNamespace

import pytest
from robot.api import SkipExecution

from theodore_qa import library
from theodore_qa.errors import LackingError, NotEvaluatedError


@pytest.mark.parametrize(
    ("waiver", "kind", "message"),
    [
        (
            "it speaks OpenID Connect alone (owner ann, until 2099-12-31)",
            SkipExecution,
            "NOT EVALUATED: No form, waived: it speaks OpenID Connect alone (owner ann, until 2099-12-31).",
        ),
        (None, NotEvaluatedError, "No form."),
    ],
)
def test_what_an_environment_openly_lacks_is_skipped_and_nothing_else(monkeypatch, waiver, kind, message):
    named = []

    def lacks(checks, check, expected, reason, entry):
        named.append((check, reason, entry))
        return waiver

    monkeypatch.setattr(library, "context", SimpleNamespace(system=SimpleNamespace(lacks=lacks)))
    with pytest.raises(kind) as caught, library._waivable():
        raise LackingError("No form.", "provider.saml")
    assert str(caught.value) == message
    assert named == [("environment.lacking", "No form", "provider.saml")]


def test_other_errors_pass_unchanged():
    with pytest.raises(NotEvaluatedError, match="no answer"), library._waivable():
        raise NotEvaluatedError("no answer")
