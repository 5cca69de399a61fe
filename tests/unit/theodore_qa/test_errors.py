"""Sentences about names that are unknown."""

from theodore_qa.errors import unknown


def test_unknown_names():
    assert (
        str(unknown("thing", "aple", ["apple", "pear"], "the box"))
        == "There is no thing 'aple' in the box: did you mean 'apple'?"
    )
    assert str(unknown("thing", "x", ["apple", "pear"])) == "There is no thing 'x': there are: apple, pear."
