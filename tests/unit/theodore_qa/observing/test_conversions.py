"""Robot's refusals of arguments, in our words."""

import pytest

from theodore_qa.observing import conversions

GOT = "ValueError: Argument 'x' got value"


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (f"{GOT} 'abc' that cannot be converted to integer.", "expected a whole number, observed 'abc'."),
        (f"{GOT} '[]' (list) that cannot be converted to timedelta or None.", "expected a time such as '30 s' or nothing, observed list '[]'."),
        (f"{GOT} 'a\nb' that cannot be converted to 'csv', 'json' or 'JSON'.", "expected 'csv', 'json' or 'JSON', observed 'a\nb'."),
        (
            f"{GOT} 'None' (None) that cannot be converted to Job: call Start Research first.",
            "expected a job, observed nothing: call Start Research first.",
        ),
        (
            f"{GOT} 'is' that cannot be converted to AssertionOperator: AssertionOperator does not have member 'is'. Available: '!=' and '=='",
            "expected an assertion operator, observed 'is': there are: '!=' and '=='",
        ),
        (
            f"{GOT} '['a']' (list) that cannot be converted to list[int]: Item '0' got value 'a' that cannot be converted to integer.",
            "expected a list[int], observed list '['a']': item 0: expected a whole number, observed 'a'.",
        ),
        ("ValueError: Argument 'x' must have type 'Secret', got string.", "expected a secret, observed a value of type string."),
    ],
)
def test_a_refused_argument_is_one_sentence(message, sentence):
    assert conversions.worded(message, "Sign In") == f"The argument 'x' of Sign In: {sentence}"


@pytest.mark.parametrize(
    "message",
    [
        "",
        "ValueError: invalid literal for int() with base 10: 'abc'",
        "Argument 'x' got value 'abc' that cannot be converted to integer.",
        "The answer holds: Argument 'x' got value 'abc' that cannot be converted to integer.",
        "ValueError: Argument 'x' got value 'abc' that cannot be converted to",
    ],
)
def test_any_other_message_stays(message):
    assert conversions.worded(message, "Sign In") == message
