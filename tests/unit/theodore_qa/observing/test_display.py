"""Values as evidence shows them."""

import pytest

from theodore_qa.observing.display import compared, plural, UNFILLED, written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a text", "a text"),
        (404, "404"),
        (0.5, "0.5"),
        (True, "true"),
        (None, "none"),
        ([], "none"),
        ({}, "none"),
        (["a", "b"], "a, b"),
        (("a", 1), "a, 1"),
        ({"b", "a"}, "a, b"),
        ({"limit": 10, "details": {"window": 60, "of": []}}, "limit: 10, details: (window: 60, of: none)"),
        ([{"name": "a"}, {"name": "b"}], "(name: a), (name: b)"),
    ],
)
def test_a_value_is_written_as_a_person_writes_it(value, text):
    assert written(value) == text


@pytest.mark.parametrize(
    ("expected", "observed", "texts"),
    [
        ("completed", "failed", ("completed", "failed")),
        (200, "200", ("number 200", "text 200")),
        (None, "none", ("null none", "text none")),
        (1, 1, ("1", "1")),
    ],
)
def test_values_of_two_types_are_distinguished(expected, observed, texts):
    assert compared(expected, observed) == texts


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "result", "0 results"),
        (1, "company", "1 company"),
        (2, "known company", "2 known companies"),
        (3, "search", "3 searches"),
        (4, "key", "4 keys"),
        (5, "pass", "5 passes"),
    ],
)
def test_a_number_with_its_noun(number, noun, text):
    assert plural(number, noun) == text


@pytest.mark.parametrize(
    ("text", "unfilled"),
    [
        ("The phase vector_storage failed: None", "None"),
        ("Not finished: undefined.", "undefined"),
        ("null", "null"),
        ("Value error, None needs a digit", "None"),
        ("vectors answered without matches", ""),
        ("No company named 'None' was found", ""),
        ("None of the providers answered", ""),
        ("The name is null and void", ""),
        ("Input should be 'a' or None", ""),
    ],
)
def test_a_sentence_that_ends_where_a_value_belongs(text, unfilled):
    found = UNFILLED.search(text)
    assert (found[0].strip(":., ") if found else "") == unfilled
