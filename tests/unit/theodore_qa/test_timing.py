"""Durations as testers write and read them."""

import pytest

from theodore_qa import timing
from theodore_qa.errors import UsageError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5 s", 1.5),
        ("200 ms", 0.2),
        (3, 3),
        ("2 minutes", 120),
        ("1h", 3600),
        ("1 minute 30 seconds", 90),
        ("00:01:30", 90),
        ("0.25", 0.25),
        ("1 day", 86400),
    ],
)
def test_durations(text, value):
    assert timing.seconds(text) == value


@pytest.mark.parametrize("text", ["soon", "", "1 parsec", "-1 s", "nan", "inf", "1:2:3:4"])
def test_no_duration(text):
    with pytest.raises(UsageError) as caught:
        timing.seconds(text)
    assert str(caught.value) == (
        f"'{text}' is not a duration: write a number of seconds, or for example '1.5 s', '200 ms', '1 minute 30 seconds' or '00:01:30'."
    )


@pytest.mark.parametrize(("value", "text"), [(0.085, "85 ms"), (0.9996, "1 s"), (1.5, "1.5 s"), (59.996, "1 min 0 s"), (125, "2 min 5 s"), (479.9968, "8 min 0 s")])
def test_durations_for_people(value, text):
    assert timing.show(value) == text
