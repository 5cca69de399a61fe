"""What sentences of refusals say, as schemas."""

import pytest

from SecurityLibrary.values import refusal_words


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("Input should be 'small', 'medium' or 'large'", {"enum": ["small", "medium", "large"]}),
        ("Invalid enum value. Expected 'a' | 'b', received 'sample'", {"enum": ["a", "b"]}),
        ("not one of the values accepted for Enum class: [SMALL, LARGE]", {"enum": ["SMALL", "LARGE"]}),
        ("must be equal to one of the allowed values", {}),
        ("must be string or null", {}),
        ("must NOT have fewer than 3 characters", {"minLength": 3}),
        ("is too short (minimum is 3 characters)", {"minLength": 3}),
        ("must not exceed 10", {"maximum": 10}),
        ("must be a positive integer", {"exclusiveMinimum": 0, "type": "integer"}),
        ("plate: two capital letters, a hyphen and four digits", {"pattern": "^[A-Z]{2}-[0-9]{4}$"}),
        ("code has the form AB-1234", {"example": "AB-1234"}),
        ("expected HH:MM", {"example": "10:30"}),
        ("the day is in the form DD.MM.YYYY", {"example": "03.02.2031"}),
        ("must be a valid email", {"format": "email"}),
        ("it must lie in the future", {"example": "2031-02-03"}),
        ("the voucher is used up", {}),
    ],
)
def test_words_of_refusals(text, schema):
    assert refusal_words.schema(text) == schema
