"""The properties that a refusal names."""

import pytest

from SecurityLibrary.values.refused_names import named_in


class Refusal:
    def __init__(self, body):
        self.body, self.text = body, ""


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"error": "coupon_code is not valid"}, ["coupon_code"]),
        ({"error": "not valid", "fields": ["title", "content"]}, ["title"]),
        ({"detail": [{"loc": ["body", "title"], "msg": "Field required"}]}, ["title"]),
        ({"detail": {"fields": ["settings.host"]}}, ["settings.host"]),
        ({"errors": {"name": ["can't be blank"]}}, ["name"]),
        ({"message": "Missing required parameter: couponCode"}, ["couponCode"]),
        ({"error": "'email' is a required property"}, ["email"]),
        ({"errors": [{"source": {"pointer": "/data/attributes/title"}}]}, ["title"]),
        ({"error": "invalid request"}, []),
        ({"error": "the value is not valid"}, []),
    ],
)
def test_a_refusal_names_what_a_body_lacks(body, names):
    assert named_in(Refusal(body))[: len(names) or None] == names
