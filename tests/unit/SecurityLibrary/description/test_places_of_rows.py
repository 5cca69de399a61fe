"""Where values go that a row describes by a number, and documents of XML that have no text."""

import pytest

from SecurityLibrary.description import operations
from SecurityLibrary.injection import xml_attacks


def test_a_number_in_an_address_is_a_text_as_it_is_sent():
    row = {"operation": "GET /items", "query": {"id": 2, "open": True, "tags": ["a"]}, "header": {"X-Page": 3}}
    found = {each.name: (each.kind, each.schema["example"]) for each in operations.from_table(row).parameters}
    assert found == {
        "id": ("string", "2"),
        "open": ("string", "true"),
        "tags": ("array", ["a"]),
        "X-Page": ("string", "3"),
    }
    in_body = operations.from_table({"operation": "POST /items", "body": {"count": 2}}).parameters
    assert [each.kind for each in in_body] == ["integer"]


@pytest.mark.parametrize(
    ("good", "expected"),
    [
        ("<root></root>", "<root>&qa;</root>"),
        ('<a x="1"/>', '<a x="1">&qa;</a>'),
        ("<a><b/><c></c></a>", "<a><b>&qa;</b><c></c></a>"),
        ("<a>text</a>", "<a>&qa;</a>"),
    ],
)
def test_an_entity_goes_into_an_element_that_is_empty(good, expected):
    assert xml_attacks.with_entity(good, "file:///qa").decode().endswith(f"]>{expected}")
