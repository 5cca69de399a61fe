"""Compiled JSON schemas agree, whichever package checks them."""

import sys

import pytest

from theodore_load import schemas

SCHEMA = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "pattern": "^[A-Z]"}, "size": {"minimum": 1}}}


@pytest.fixture(params=["jsonschema-rs", "jsonschema"])
def problem(request, monkeypatch):
    if request.param == "jsonschema":
        monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    return schemas.compiled(SCHEMA)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"name": "Ann"}, ""),
        ({"name": "Ann", "size": 1.5}, ""),
        ({"name": "ann"}, "expected the schema, observed at $.name: 'ann' does not match '^[A-Z]'"),
        ({"size": 2}, "expected the schema, observed at $: 'name' is a required property"),
        ([], "expected the schema, observed at $: [] is not of type 'object'"),
    ],
)
def test_the_first_problem_is_named(problem, value, text):
    assert problem(value) == text


def test_a_pattern_that_only_one_package_knows_is_still_checked():
    problem = schemas.compiled({"pattern": "(?<=a)b(?P<x>c)(?P=x)"})
    assert problem("abcc") == ""
    assert problem("abc").startswith("expected the schema, observed at $: ")
