"""Schemas that testers write by which a check could not fail."""

import pytest

from ApiLibrary import fields, schemas
from theodore_qa.errors import UsageError


@pytest.mark.parametrize("schema", [{}, True, {"title": "x"}, {"anyOf": [{}, {"type": "object"}]}, {"properties": {}}])
def test_a_schema_that_allows_everything_is_refused(schema):
    with pytest.raises(UsageError, match="^The schema allows everything, so that the check could not fail"):
        fields.violations(schema, {"a": 1})


@pytest.mark.parametrize("schema", [{"type": "object"}, {"required": ["a"]}, {"minimum": 1}, {"not": {}}, {"maxLength": 2}])
def test_a_schema_that_may_fail_is_none(schema):
    assert not schemas.allows_everything(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"requird": ["a"]},
        {"type": "object", "propertes": {}},
        {"properties": {"a": {"maxLenght": 3}}},
        {"items": {"anyOf": [{"patern": "x"}]}},
    ],
)
def test_a_misspelt_keyword_is_answered_with_the_nearest(schema):
    with pytest.raises(UsageError, match=r"^There is no keyword '.*' in the schema: did you mean '.*'\?$"):
        fields.violations(schema, {"a": 1})


def test_names_of_properties_and_extensions_are_no_keywords():
    schema = {"properties": {"requird": {"type": "string"}}, "x-required": True, "enum": [{"itms": 1}]}
    assert not list(schemas.unknown_keywords(schema))
