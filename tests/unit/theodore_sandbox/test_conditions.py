"""Conditions of exports: what they choose, beside what SQLite chooses by them, and how those that are none are refused."""

import random
import time

import pytest

from theodore_sandbox import defects
from theodore_sandbox.theodore import conditions
from theodore_sandbox.theodore.export_models import ExportFilters, ExportRequest
from TheodoreLibrary import export_filters

RECORDS = [
    {"name": "Ada's", "industry": "finance", "employee_count": 10, "headquarters": None, "confidence_score": 0.5},
    {"name": "beta", "industry": "retail", "employee_count": None, "headquarters": "Oslo", "confidence_score": 0.75},
    {"name": "Ümlaut_%", "industry": None, "employee_count": 1000, "headquarters": "Bergen", "confidence_score": None},
    {"name": "ABBA", "industry": "finance", "employee_count": 11, "headquarters": "oslo", "confidence_score": 1.0},
    {"name": "", "industry": "media", "employee_count": 0, "headquarters": None, "confidence_score": 0.0},
]
VALUES = [("employee_count", "11"), ("confidence_score", "0.5"), ("industry", "'finance'"), ("name", "'beta'")]


def both(condition):
    """The names that the sandbox and SQLite choose."""
    ours = [record["name"] for record in RECORDS if conditions.read(condition)(record)]
    return ours, [record["name"] for record in export_filters.satisfying(RECORDS, condition)]


@pytest.mark.parametrize(
    "condition",
    [
        "name = 'Ada''s'", "name LIKE 'a%'", "name LIKE '_da%'", "name NOT LIKE '%b%'", "name LIKE 'ü%'", "name LIKE ''",
        "NOT employee_count > 10", "employee_count <> 10", "industry IS NULL",
        "industry IS NOT NULL AND NOT (employee_count >= 11 OR headquarters = 'Oslo')", "industry NOT IN ('finance', 'media')",
        "NOT NOT industry = 'finance'", "confidence_score >= 0.75 or employee_count in (0, 1000)", "headquarters < 'a'",
        "name = 'beta' OR name = 'ABBA' AND employee_count = 12", "employee_count = 10.0", "employee_count > -1",
    ],
)  # fmt: skip
def test_a_condition_chooses_as_in_sql(condition):
    ours, of_sqlite = both(condition)
    assert ours == of_sqlite


def test_drawn_conditions_choose_as_in_sql():
    seed = int(time.time())
    source = random.Random(seed)

    def drawn(depth):
        if depth == 0:
            name, value = source.choice(VALUES)
            compared = f"{name} {source.choice(['=', '!=', '<', '<=', '>', '>=', '<>'])} {value}"
            return source.choice([compared, f"{name} IN ({value})", f"{name} IS NOT NULL"])
        left, right = drawn(depth - 1), drawn(depth - 1)
        return source.choice([f"({left} AND {right})", f"({left} OR {right})", f"NOT ({left})", f"{left} AND NOT {right}"])

    chosen = set()
    for _ in range(300):
        condition = drawn(source.randrange(4))
        ours, of_sqlite = both(condition)
        assert ours == of_sqlite, f"{condition}, seed {seed}"
        chosen.add(tuple(ours))
    assert len(chosen) > 3, f"seed {seed}"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("", "'its end' where a field is expected"),
        ("name = 'a' OR", "'its end' where a field is expected"),
        ("name = 'a", "cannot be read from its character 7 on"),
        ("1=1; DROP TABLE records", "from its character 4 on"),
        ("name = 'a'; DROP TABLE records", "cannot be read from its character 11 on"),
        ("nam = 'a'", "no field 'nam'"),
        ("products = 'a'", "no field 'products'"),
        ("name = 5", "The field name is no number"),
        ("employee_count = '5'", "The field employee_count is no text"),
        ("employee_count IN 5", "in parentheses"),
        ("employee_count IN (5", "lack a closing parenthesis"),
        ("(name = 'a'", "lacks a closing parenthesis"),
        ("name = 'a') ", "goes on with '\\)'"),
        ("name IS 'a'", "After IS comes NULL"),
        ("name NOT = 'a'", "a comparison is expected"),
        ("employee_count BETWEEN 1", "After the field employee_count a comparison is expected"),
        ("name = (SELECT name FROM records)", "'\\(' where a text in single quotes is expected"),
        ("NOT " * 400 + "name = 'a" + "a" * 2000 + "'", "longer than 2000"),
        ("(" * 60 + "name = 'a'" + ")" * 60, "nested deeper than 50"),
    ],
)
def test_what_is_no_condition_is_refused(condition, message):
    with pytest.raises(ValueError, match=message):
        ExportFilters(sql_like_query=condition)


def test_unknown_values_are_neither_true_nor_false():
    defects.switch(["export-unknown-is-not"])
    try:
        ours, of_sqlite = both("NOT employee_count > 10")
    finally:
        defects.switch([])
    assert "beta" in ours
    assert "beta" not in of_sqlite


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"filters": {"growth_stage": ["seed"]}}, "Extra inputs are not permitted"),
        ({"filters": {"revenue_min": 2, "revenue_max": 1}}, "revenue_min is above revenue_max"),
        ({"filters": {"similarity_threshold": 0.5}}, "needs similar_to"),
        ({"custom_columns": {"name": "industry"}}, "is there already"),
        ({"custom_columns": {"sector": "sector"}}, "no field 'sector'"),
        ({"custom_columns": {"=1+1": "industry"}}, "String should match pattern"),
    ],
)
def test_wrong_filters_and_columns_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        ExportRequest(**fields)
