"""When a generated request is invalid by the contract, and when that is uncertain."""

import json

import pytest

from ApiLibrary import generated
from theodore_qa.openapi import Document

LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 50}}
NAME = {"name": "name", "in": "query", "required": True, "schema": {"type": "string", "minLength": 2}}
BODY = {"required": True, "content": {"application/json": {"schema": {"type": "object", "required": ["a"]}}}}
JSON = "application/json"


def wrong_with(query, content, **operation):
    document = Document({"openapi": "3.1.0", "paths": {"/a": {"post": operation}}}, "a.yaml")
    return generated._invalid(document, document.operations[0], generated.Request(query=query, media=JSON, content=content))


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"name": "ab"}, ""),
        ({"name": "ab", "limit": "50"}, ""),
        ({}, "name is missing"),
        ({"name": "a"}, "name 'a' is too short"),
        ({"name": "ab", "limit": "51"}, "limit 51 is greater than the maximum of 50"),
        ({"name": "ab", "limit": "many"}, "limit 'many' is not of type 'integer'"),
        ({"name": "ab", "limit": ["1"]}, None),
        ({"name": "ab", "limit": ""}, None),
    ],
)
def test_queries(query, wrong):
    assert wrong_with(query, None, parameters=[NAME, LIMIT]) == wrong


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b'{"a": 1}', ""),
        (b"{}", "the body lacks a"),
        (b"\xff", "the body is no JSON"),
        (None, "the body is missing"),
        (b'{"a": 1, "filters": {"founded_after": 1900, "founded_before": 1950}}', None),
    ],
)
def test_bodies(content, wrong):
    assert wrong_with({}, content, requestBody=BODY) == wrong


@pytest.mark.parametrize(
    ("value", "form", "wrong"),
    [
        ("0 8 * * 1", "cron", None),
        ("any text", "password", ""),
        ("any text", "date", "the body a: 'any text' is no date"),
        (7, "cron", ""),
    ],
)
def test_what_a_format_says_that_is_not_checked_is_uncertain(value, form, wrong):
    schema = {"type": "object", "properties": {"a": {"anyOf": [{"type": ["string", "integer"], "format": form}, {"type": "null"}]}}}
    body = {"content": {"application/json": {"schema": schema}}}
    found = wrong_with({}, json.dumps({"a": value}).encode(), requestBody=body)
    assert found == wrong
