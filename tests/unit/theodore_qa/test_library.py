"""What every Library tells Robot of its keywords, and what it does with what an environment openly does without."""

from types import SimpleNamespace

import pytest
from robot.api import SkipExecution
from robotlibcore import keyword

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


class Keywords:
    @keyword
    def plain(self, path: str, count: int = 3) -> list[str]:
        """Reads a path.

        Often.
        """

    @keyword(name="Named Only")
    def named_only(self, *, deep: bool, most: int | None = None):
        pass

    @keyword(types=None)
    def any_number(self, first, *others, last="", **options):
        pass

    def no_keyword(self):
        pass


@pytest.mark.parametrize(
    ("name", "arguments", "types", "documentation"),
    [
        ("plain", ["path", ("count", 3)], {"path": str, "count": int, "return": list[str]}, "Reads a path.\n\nOften."),
        ("Named Only", ["*", "deep", ("most", None)], {"deep": bool, "most": int | None}, ""),
        ("any_number", ["first", "*others", ("last", ""), "**options"], None, ""),
    ],
)
def test_robot_is_told_of_a_keyword_what_stands_in_its_signature(name, arguments, types, documentation):
    made = library.Library([Keywords()])
    assert made.get_keyword_arguments(name) == arguments
    assert made.get_keyword_types(name) == types
    assert made.get_keyword_documentation(name) == documentation


def test_keywords_are_what_is_marked_as_such_and_can_be_called_by_both_names():
    made = library.Library([Keywords()])
    assert made.get_keyword_names() == ["Named Only", "any_number", "plain"]
    assert made.named_only == made.attributes["Named Only"]
    with pytest.raises(AttributeError):
        made.no_keyword()
