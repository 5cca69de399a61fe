"""What refusals lead to, in the forms in which frameworks write them."""

import json
from types import SimpleNamespace

import pytest

from SecurityLibrary.description.operations import InsertableParameter
from SecurityLibrary.values import refusal_hints

SIZES = ["small", "large"]


def place(name, kind="string", **schema):
    return InsertableParameter(name, "body", tuple(name.split(".")), {"type": kind, **schema})


def refusal(body):
    text = body if isinstance(body, str) else json.dumps(body)
    return SimpleNamespace(body=None if isinstance(body, str) else body, text=text, sent_body=b"{}")


def led(body, *places, tried=()):
    """The values by name, and the lacking properties, to which a refusal leads."""
    found, lacking = refusal_hints.values({}, refusal(body), places, set(tried))
    return {each.name: value for each, value in found.items()}, lacking


@pytest.mark.parametrize(
    "body",
    [
        {"detail": [{"loc": ["body", "size"], "msg": "Input should be 'small' or 'large'", "type": "literal_error"}]},
        {"detail": [{"loc": ["body", "size"], "ctx": {"expected": "'small' or 'large'"}, "msg": "Input should be 'small' or 'large'"}]},
        {"errors": [{"instancePath": "/size", "message": "must be one of: small, large", "params": {"allowedValues": SIZES}}]},
        {"errors": {"size": ["must be one of small, large"]}},
        {"error": "size must be one of small, large"},
        {"issues": [{"path": ["size"], "message": "Invalid enum value. Expected 'small' | 'large', received 'x'"}]},
        {"size": ["Must be one of: small, large."]},
        {"type": "about:blank", "title": "Bad Request", "errors": [{"pointer": "#/size", "detail": "expected one of small, large"}]},
    ],
)
def test_options_are_read_in_each_form(body):
    assert led(body, place("size"))[0] == {"size": "small"}


def test_options_that_were_refused_are_not_taken_again_and_harmful_ones_come_last():
    body = {"errors": {"size": ["must be one of delete, small, large"]}}
    assert led(body, place("size"))[0] == {"size": "small"}
    assert led(body, place("size"), tried=[("size", "small")])[0] == {"size": "large"}
    assert led(body, place("size"), tried=[("size", "small"), ("size", "large")])[0] == {"size": "delete"}


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({"errors": {"days": ["must be at least 3"]}}, lambda value: value >= 3),
        ({"errors": {"days": ["must not exceed 10"]}}, lambda value: value <= 10),
        ({"error": "days must be between 4 and 6"}, lambda value: 4 <= value <= 6),
        ({"errors": {"days": ["must be a positive integer"]}}, lambda value: value > 0),
    ],
)
def test_limits_of_numbers_are_kept(body, fits):
    (value,) = led(body, place("days", "integer"))[0].values()
    assert isinstance(value, int)
    assert fits(value), value


def test_a_number_that_is_no_option_leaves_the_options_aside():
    assert led({"errors": {"days": ["must be one of few, many"]}}, place("days", "integer"))[0].get("days") not in ("few", "many")


def test_what_is_said_of_a_list_is_said_of_its_items():
    found, _ = led({"errors": {"tags": ["must be one of red, green"]}}, place("tags", "array", items={"type": "string"}))
    assert found == {"tags": ["red"]}


def test_a_property_that_is_asked_for_is_sent_and_one_of_which_nothing_is_said_is_not():
    found, lacking = led({"errors": {"plate": ["is required"], "note": ["is unusual"]}}, place("size"))
    assert found == {}
    assert list(lacking) == ["plate"]


@pytest.mark.parametrize("body", ["", "Bad request", {"error": "the voucher is used up"}, {"errors": []}, {"errors": {"size": []}}])
def test_what_says_nothing_leads_to_nothing(body):
    assert led(body, place("size")) == ({}, {})


def test_the_names_of_which_a_refusal_speaks():
    body = {"errors": {"size": ["is wrong"], "plate": ["is required"]}}
    assert refusal_hints.names(refusal(body), [place("size")]) >= {"size", "plate"}
