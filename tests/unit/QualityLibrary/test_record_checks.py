"""Checks of many records: what passes, what fails with which rows, and what is not evaluated."""

import datetime as dt

import pytest

from QualityLibrary import record_checks, rules, values
from QualityLibrary.sources import delimited, Row
from QualityLibrary.store import store
from theodore_qa.errors import NotEvaluatedError, QaError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder

TEXT = """id,name,country,price,updated_at
1,Stripe,US,2.5,2026-01-01T00:00:00Z
2,Adyen,NL,-1,2026-01-02T00:00:00+01:00
3,,Nederland,n/a,2025-01-01T00:00:00Z
3,unknown,NL,"1,5",2026-01-01 00:00
"""
NOW = dt.datetime(2026, 1, 3, tzinfo=dt.UTC).timestamp()


def records(tmp_path, text=TEXT, **options):
    file = tmp_path / "rows.csv"
    file.write_text(text)
    return store.keep(delimited.rows(file), "rows.csv", **options)


def done(check, *arguments):
    checks = Checks("Records")
    check(checks, *arguments)
    with recorder.calling("conclusion", []):
        checks.conclude()


@pytest.mark.usefixtures("observed")
def test_completeness(tmp_path):
    rows = records(tmp_path)
    done(record_checks.complete, rows, ["country"], 1.0)
    done(record_checks.complete, rows, ["name"], 0.5)
    message = (
        "records.completeness.name: expected a value for name in at least 90 % of the records, observed 2 of 4 records fail: "
        "record 3 (line 4) has ''; record 4 (line 5) has 'unknown'."
    )
    with pytest.raises(QaError) as error:
        done(record_checks.complete, rows, ["name"], 0.9)
    assert str(error.value) == message


@pytest.mark.usefixtures("observed")
@pytest.mark.parametrize("text", ["id,name\n", "id\n1\n"])
def test_no_records_and_no_column_are_no_pass(tmp_path, text):
    rows = records(tmp_path, text)
    for check, arguments in (
        (record_checks.complete, (["name"], 0.1)),
        (record_checks.unique, (["name"],)),
        (record_checks.refer, ("name", rows, "name")),
        (record_checks.fresh, ("name", 30, 0.1, NOW)),
        (rules.check, ({"properties": {"name": {"type": "string"}}}, 0.1)),
    ):
        with pytest.raises(
            NotEvaluatedError if rows.count == 0 else QaError,
            match="0 records in rows.csv" if not rows.count else "no name among id",
        ):
            done(check, rows, *arguments)


@pytest.mark.usefixtures("observed")
def test_uniqueness(tmp_path):
    rows = records(tmp_path)
    with pytest.raises(QaError, match=r"observed 1 value in 2 of 4 records: '3' in record 3 .line 4., record 4 .line 5.\."):
        done(record_checks.unique, rows, ["id"])
    with pytest.raises(
        QaError, match="records.uniqueness.key: expected a value for name in all records, observed 2 of 4 records fail"
    ):
        done(record_checks.unique, rows, ["name"])
    done(record_checks.unique, records(tmp_path, "id,name\n1,a\n1,b\n2,a\n"), ["id", "name"])


@pytest.mark.usefixtures("observed")
def test_references(tmp_path):
    rows, countries = records(tmp_path), records(tmp_path, "code\nUS\nNL\n")
    with pytest.raises(QaError, match=r"1 of 4 records fail: record 3 .line 4. has 'Nederland'"):
        done(record_checks.refer, rows, "country", countries, "code")
    done(record_checks.refer, countries, "code", rows, "country")
    empty = records(tmp_path, "id,parent\n1,\n2,\n")
    with pytest.raises(NotEvaluatedError, match="0 records to look at"):
        done(record_checks.refer, empty, "parent", empty, "id")


@pytest.mark.usefixtures("observed")
def test_freshness(tmp_path):
    rows = records(tmp_path)
    with pytest.raises(QaError) as error:
        done(record_checks.fresh, rows, "updated_at", 30, 1.0, NOW)
    first, second = str(error.value).split("\n")
    assert first.startswith("records.freshness.times: expected times with their zone in updated_at")
    assert "1 of 4 records fail: record 4 (line 5) has '2026-01-01 00:00'" in first
    assert "2 of 4 records fail: record 3 (line 4) has '2025-01-01T00:00:00Z'; record 4" in second
    typed = records(
        tmp_path,
        TEXT.replace("01 00:00\n", "01 00:00:00\n"),
        types={"updated_at": "datetime"},
        conventions=values.Conventions(zone="UTC"),
    )
    done(record_checks.fresh, typed, "updated_at", 30, 0.75, NOW)
    with pytest.raises(QaError, match="no updated_at in the future, observed 3 of 4 records fail"):
        done(record_checks.fresh, typed, "updated_at", 3000, 0.1, NOW - 3 * 86400)


@pytest.mark.usefixtures("observed")
@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"country": {"pattern": "^[A-Z]{2}$"}},
            "country that matches .* observed 1 of 4 records fail: record 3 .line 4. has 'Nederland'",
        ),
        ({"country": {"enum": ["US", "NL"]}}, "country among US, NL in all records, observed 1 of 4 records fail"),
        ({"price": {"minimum": 0}}, "price at least 0 in all records, observed 3 of 4 records fail: record 2 .line 3. has '-1'"),
        ({"price": {"type": "number"}}, "price of type number in all records, observed 2 of 4 records fail"),
        ({"id": {"maximum": 2}}, "2 of 4 records fail"),
        ({"name": {"maxLength": 6}}, "name of at most 6 characters in all records, observed 1 of 3 records fail"),
        ({"updated_at": {"format": "date-time"}}, "updated_at as date-time in all records, observed 1 of 4 records fail"),
    ],
)
def test_rules_that_are_broken(tmp_path, entry, message):
    with pytest.raises(QaError, match=message):
        done(rules.check, records(tmp_path), {"properties": entry}, 1.0)


@pytest.mark.usefixtures("observed")
def test_a_whole_schema(tmp_path):
    properties = {"id": {"type": "integer", "minimum": 1}, "country": {"type": "string", "minLength": 2}}
    rows = records(tmp_path)
    done(rules.check, rows, {"type": "object", "properties": properties, "required": ["id", "country"]}, 1.0)
    with pytest.raises(
        QaError, match="records.validity.name: expected a value for name in all records, observed 1 of 4 records fail"
    ):
        done(rules.check, rows, {"required": ["name"]}, 1.0)
    with pytest.raises(QaError, match="expected no columns but id, country, observed name, price, updated_at"):
        done(rules.check, rows, {"properties": properties, "additionalProperties": False}, 1.0)
    for schema, message in (
        ({"properties": {"id": {"multipleOf": 2}}}, "There is no keyword 'multipleOf' in the schema of 'id'"),
        ({"allOf": []}, "There is no keyword 'allOf' in the schema of a record"),
        ({}, "says nothing about a record"),
        ({"properties": {"id": {"pattern": "(?=x)"}}}, "cannot be checked: .*patterns are those of RE2"),
    ):
        with pytest.raises(UsageError, match=message):
            done(rules.check, rows, schema, 1.0)


@pytest.mark.usefixtures("observed")
def test_kinds_of_json_are_distinguished():
    given = [{"age": 3, "tags": ["a"]}, {"age": "3", "tags": {}}, {"age": 3.5}, {"age": 4.0, "tags": None}, {"age": True}]
    rows = store.keep(map(Row, given), "list", kinds=True)
    with pytest.raises(
        QaError,
        match="age of type integer in all records, observed 3 of 5 records fail: record 2 has '3'; record 3 has '3.5'; record 5",
    ):
        done(rules.check, rows, {"properties": {"age": {"type": "integer"}}}, 1.0)
    with pytest.raises(QaError, match=r"tags of type array in all records, observed 1 of 2 records fail: record 2 has '\{\}'"):
        done(rules.check, rows, {"properties": {"tags": {"type": "array"}}}, 1.0)


@pytest.mark.usefixtures("observed")
def test_values_of_a_declared_type(tmp_path):
    rows = records(tmp_path, types={"price": "number"}, conventions=values.Conventions(","))
    with pytest.raises(
        QaError, match="price of the type number in all records, observed 1 of 3 records fail: record 1 .line 2. has '2.5'"
    ):
        done(record_checks.typed, rows, ["price"], 1.0)


@pytest.mark.usefixtures("observed")
@pytest.mark.parametrize("types", [{}, {"price": "number"}], ids=["untyped", "typed"])
@pytest.mark.parametrize("text", ["nan", "inf", "Infinity", "1e999", "0x10", "1_000", "1 000", "$5"])
def test_what_is_no_number_keeps_no_limit(tmp_path, text, types):
    rows = records(tmp_path, f"id,price\n1,2\n2,{text}\n", types=types)
    for limit in ({"minimum": 0}, {"exclusiveMinimum": -1}, {"maximum": 1e6}):
        with pytest.raises(QaError, match=r"1 of 2 records fail: record 2 .line 3. has"):
            done(rules.check, rows, {"properties": {"price": limit}}, 1.0)


@pytest.mark.usefixtures("observed")
def test_a_sample_proves_by_its_interval(tmp_path):
    text = "id,name\n" + "".join(f"{number},{'' if number % 10 == 0 else 'x'}\n" for number in range(2000))
    rows = records(tmp_path, text, sample=500, seed=4)
    assert (rows.count, rows.whole, rows.sampled) == (500, 2000, True)
    done(record_checks.complete, rows, ["name"], 0.8)
    done(record_checks.complete, rows, ["id"], 0.99)
    with pytest.raises(QaError, match="of the sampled .* = .*95 %"):
        done(record_checks.complete, rows, ["name"], 0.97)
    for columns, share in ((["name"], 0.9), (["id"], 1.0)):
        with pytest.raises(NotEvaluatedError, match="too small to tell"):
            done(record_checks.complete, rows, columns, share)
    with pytest.raises(NotEvaluatedError, match="doubled records show only where all are read"):
        done(record_checks.unique, rows, ["id"])


def test_what_was_not_exchanged_in_this_suite_is_not_evaluated(monkeypatch, tmp_path):
    monkeypatch.setattr(recorder, "_suites", [])  # those of other tests have exchanges
    recorder.enter_suite()
    try:
        with recorder.calling("a keyword", []), pytest.raises(NotEvaluatedError, match="no answer of the system under test"):
            done(record_checks.complete, records(tmp_path), ["id"], 1.0)
    finally:
        recorder.leave_suite()


def test_what_a_table_holds_is_deleted_with_its_records(tmp_path):
    rows = records(tmp_path)
    table = rows.table
    del rows
    assert table not in {name for (name,) in store.query("select table_name from duckdb_tables()")}
