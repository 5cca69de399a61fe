"""The ends of the ranges by which an export chooses."""

import json
from types import SimpleNamespace

import pytest

from theodore_qa.observing.checks import Checks
from TheodoreLibrary import export_choices, export_filters

RECORDS = [
    {"domain": "a.example", "employee_count": 5, "revenue_range": "$2 billion", "confidence_score": 0.4},
    {"domain": "b.example", "employee_count": 9, "revenue_range": "$3 million", "confidence_score": 0.9},
    {"domain": "c.example", "employee_count": None, "revenue_range": None, "confidence_score": 0.4},
]


def system(monkeypatch, chosen):
    """A system whose exports hold the records that ``chosen`` says."""

    def make(*_, filters, **__):
        rows = [{"domain": record["domain"]} for record in RECORDS if chosen(record, filters)]
        return SimpleNamespace(content=json.dumps(rows).encode())

    monkeypatch.setattr(export_choices.exports, "make", make)


def seen(records):
    checks = Checks("Ends", "export")
    export_choices.each_end(checks, records, None, alone=True)
    return {observation.expected.rpartition(" ")[2]: (observation.verdict, observation.observed) for observation in checks.done}


def test_each_end_belongs_to_its_range(monkeypatch):
    system(monkeypatch, lambda record, filters: bool(export_filters.fitting([record], filters)))
    found = seen(RECORDS)
    assert "FAIL" not in {verdict for verdict, _ in found.values()}


@pytest.mark.parametrize("name", export_filters.OF_RANGES)
def test_an_end_that_is_left_out_is_named(monkeypatch, name):
    system(
        monkeypatch,
        lambda record, filters: (
            bool(export_filters.fitting([record], filters)) and filters.get(name) != export_filters.ranged(record, name)
        ),
    )
    verdict, observed = seen(RECORDS)[name]
    assert verdict == "FAIL"
    assert f"{name}: " in observed
    assert "missing" in observed


def test_one_value_shows_no_end():
    found = seen(RECORDS[:1])
    assert found["revenue_min"] == ("NOT EVALUATED", "1 value in 1 record")
