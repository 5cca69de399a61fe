"""What the filters of an export choose, by the records alone."""

import pytest

from theodore_qa.errors import UsageError
from TheodoreLibrary import export_filters, exports

RECORDS = [
    {"name": "A", "domain": "a.example", "funding_stage": "series B", "revenue_range": "$1,200.5 million", "employee_count": 5},
    {"name": "B", "domain": "b.example", "funding_stage": None, "revenue_range": None, "employee_count": None},
]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("$37.9 billion", 37.9e9),
        ("¥45.1 trillion", 45.1e12),
        ("€1,200 million", 1.2e9),
        ("$500", 500.0),
        ("unknown", None),
        (None, None),
    ],
)
def test_amounts(text, number):
    assert export_filters.amount(text) == (None if number is None else pytest.approx(number))


@pytest.mark.parametrize(
    ("filters", "chosen"),
    [
        ({"growth_stages": ["SERIES B"]}, "A"),
        ({"growth_stages": ["series"]}, ""),
        ({"growth_stages": []}, "AB"),
        ({"revenue_min": 1.2e9}, "A"),
        ({"revenue_max": 1.2e9}, ""),
        ({"sql_like_query": "NOT employee_count > 9"}, "A"),
        ({"custom_expressions": ["employee_count IS NULL", "name = 'B'"]}, "B"),
        ({"sql_like_query": "name = 'A'", "custom_expressions": ["name = 'B'"]}, ""),
    ],
)
def test_filters_choose(filters, chosen):
    assert "".join(record["name"] for record in export_filters.fitting(RECORDS, filters)) == chosen


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"growth_stage": ["seed"]}, "growth_stages"),
        ({"created_after": "2026-01-01T00:00:00Z"}, "use Export Should Choose By Time"),
        ({"similar_to": "A"}, "use Export Should Choose Similar Companies"),
        ({"sql_like_query": "nam = 'A'"}, "The condition 'nam = 'A'' cannot be read: no such column: nam"),
    ],
)
def test_what_the_records_do_not_say_is_an_error(filters, message):
    with pytest.raises(UsageError, match=message):
        export_filters.fitting(RECORDS, filters)


@pytest.mark.parametrize(
    ("filters", "idle"),
    [
        ({"employee_count_min": 5}, []),
        ({"employee_count_min": 5, "employee_count_max": 6}, ["employee_count_min", "employee_count_max"]),
        ({"growth_stages": ["Series B", "seed"]}, ["growth_stages seed"]),
        ({"growth_stages": ["seed"]}, []),
        ({"growth_stages": []}, []),
        ({"sql_like_query": "name = 'B'", "custom_expressions": ["name < 'C'"]}, ["custom_expressions"]),
        ({"custom_expressions": ["name = 'B'", "name < 'C'"]}, ["custom_expressions name < 'C'"]),
    ],
)
def test_a_filter_that_changes_nothing_is_idle(filters, idle):
    assert export_filters.idle(RECORDS, filters) == idle


def test_columns_of_their_own_come_last():
    request = {"include_fields": ["domain"], "custom_columns": {"staff": "employee_count"}, "group_by": "industry"}
    assert exports.chosen(RECORDS[:1], request) == [{"group": None, "domain": "a.example", "staff": 5}]
