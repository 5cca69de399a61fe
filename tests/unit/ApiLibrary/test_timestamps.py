"""Times in JSON."""

import pytest

from ApiLibrary import timestamps


def test_times_are_found_wherever_they_stand():
    body = {"name": "2026", "at": "2026-01-01T10:00:00Z", "jobs": [{"day": "2026-01-01", "end": "2026-01-01 10:00:00.5"}]}
    assert list(timestamps.of(body)) == [("at", "2026-01-01T10:00:00Z"), ("jobs.0.end", "2026-01-01 10:00:00.5")]


@pytest.mark.parametrize(
    ("text", "zoned"),
    [
        ("2026-01-01T10:00:00Z", True),
        ("2026-01-01T10:00:00+00:00", True),
        ("2026-01-01T10:00:00", False),
        ("2026-13-01T10:00Z", False),
    ],
)
def test_a_zone_is_there_or_not(text, zoned):
    assert timestamps.has_zone(text) is zoned
