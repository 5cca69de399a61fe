"""Exports in the sandbox: what is chosen, in which order, in how much memory, and batches whose rows are checkpoints."""

import asyncio
import json
import tracemalloc
from types import SimpleNamespace

import pytest
from fastapi import HTTPException
from pydantic import ValidationError

from theodore_sandbox.theodore import formats
from theodore_sandbox.theodore.api.exports import report
from theodore_sandbox.theodore.export_filters import fits
from theodore_sandbox.theodore.export_models import ExportFilters, ExportFormat, ExportRequest, FIELDS, ReportRequest
from theodore_sandbox.theodore.export_store import ExportStore
from theodore_sandbox.theodore.exporting import Exports
from theodore_sandbox.theodore.pipeline.batches import Batch
from theodore_sandbox.theodore.store import now
from TheodoreLibrary import export_checks, exports, printed_documents

COMPANY = {"description": "Q" * 2000, "last_updated": "2026-03-04T05:06:07+00:00"}

EACH_FUNCTION = [{"field": "employee_count", "function": name} for name in ("count", "sum", "mean", "min", "max")]


def companies(count):
    """Companies of which every third has no number of employees."""
    return [
        COMPANY
        | {
            "name": f"Company {number}",
            "domain": f"{(number * 7) % count:05}.example",
            "industry": ("finance", "retail", None)[number % 3],
            "employee_count": number if number % 3 else None,
        }
        for number in range(count)
    ]


@pytest.fixture
def store():
    store = ExportStore("sqlite://")
    for record in companies(30):
        store.save_record("one", record)
    store.save_record("other", COMPANY | {"name": "Foreign", "domain": "foreign.example"})
    yield store
    store.close()


@pytest.mark.parametrize(
    "request_fields",
    [
        {},
        {"sort_by": "employee_count"},
        {"sort_by": "-employee_count"},
        {"sort_by": "-name", "offset": 3, "limit": 5},
        {"group_by": "industry", "sort_by": "-name"},
        {"filters": {"industries": ["finance"], "employee_count_min": 4}},
        {"include_fields": ["industry", "domain"], "group_by": "industry"},
        {"exclude_fields": ["description"]},
        {"aggregations": EACH_FUNCTION},
        {"aggregations": EACH_FUNCTION, "group_by": "industry", "offset": 1, "limit": 1},
        {"aggregations": EACH_FUNCTION, "group_by": "headquarters", "filters": {"employee_count_min": 4}},
        {"aggregations": EACH_FUNCTION, "filters": {"industries": ["energy"]}},
    ],
)
@pytest.mark.parametrize("chunk", [1, 4, 1000])
def test_what_is_written_is_what_the_library_expects(store, tmp_path, request_fields, chunk):
    request = ExportRequest(format=ExportFormat.JSON, chunk_size=chunk, streaming_threshold=2, **request_fields)
    written = Exports(store, str(tmp_path))
    body = written.companies("one", request)
    document = export_checks.READERS["json"](written.path(body).read_bytes())
    whole = [dict.fromkeys(FIELDS) | record for record in companies(30)]
    expected = exports.chosen(whole, request_fields)
    assert document.rows == expected
    assert body["columns"] == exports.columns(whole, request_fields)
    assert body["record_count"] == len(expected)
    assert body["streaming_used"] == (len(expected) > 2)


@pytest.mark.parametrize(
    ("filters", "fit"),
    [
        ({}, True),
        ({"industries": ["finance"]}, True),
        ({"industries": ["retail"]}, False),
        ({"locations": ["paris"]}, True),
        ({"locations": ["london"]}, False),
        ({"employee_count_min": 10}, True),
        ({"employee_count_min": 11}, False),
        ({"employee_count_max": 9}, False),
        ({"min_quality_score": 0.5}, False),  # it is not known
        ({"updated_after": "2026-03-04T04:06:07Z"}, True),
        ({"updated_after": "2026-03-04T06:06:07+01:00"}, False),  # the same moment
        ({"updated_before": "2026-03-04T06:06:08+01:00"}, True),
    ],
)
def test_filters(filters, fit):
    record = COMPANY | {"industry": "finance", "headquarters": "Paris, France", "employee_count": 10}
    assert fits(record, ExportFilters(**filters)) is fit
    as_json = ExportFilters(**filters).model_dump(mode="json", exclude_none=True)
    assert bool(exports.chosen([record | {"domain": "a"}], {"filters": as_json})) is fit


@pytest.mark.parametrize("beside", [{"include_fields": ["name"]}, {"exclude_fields": ["name"]}, {"sort_by": "name"}])
def test_aggregations_have_columns_and_an_order_of_their_own(beside):
    with pytest.raises(ValueError, match="Aggregations have columns and an order of their own"):
        ExportRequest(aggregations=EACH_FUNCTION, **beside)


def test_means_leave_out_what_is_not_known(store, tmp_path):
    written = Exports(store, str(tmp_path))
    body = written.companies("one", ExportRequest(format=ExportFormat.JSON, group_by="industry", aggregations=EACH_FUNCTION))
    rows = export_checks.READERS["json"](written.path(body).read_bytes()).rows
    assert [row["group"] for row in rows] == ["finance", "retail", None]
    assert [row["companies"] for row in rows] == [10, 10, 10]
    assert [row["mean_employee_count"] for row in rows] == [None, 14.5, 15.5]
    assert [row["count_employee_count"] for row in rows] == [0, 10, 10]


def test_a_record_that_is_renewed_was_created_when_it_was_first_made(store):
    before = {company["domain"] for company in companies(30)}
    moment = now()
    store.save_record("one", COMPANY | {"name": "Company 1", "domain": "00007.example"})
    store.save_record("one", COMPANY | {"name": "New", "domain": "new.example"})
    assert store.chosen("one", ExportRequest(filters=ExportFilters(created_after=moment))) == ["new.example"]
    assert set(store.chosen("one", ExportRequest(filters=ExportFilters(created_before=moment)))) == before


def test_an_export_streams_in_little_memory(tmp_path):
    store = ExportStore("sqlite://")
    for record in companies(3000):
        store.save_record("one", record)
    written = Exports(store, str(tmp_path))
    tracemalloc.start()
    body = written.companies("one", ExportRequest(format=ExportFormat.CSV, chunk_size=100))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    store.close()
    assert body["streaming_used"]
    assert body["record_count"] == 3000
    assert body["file_size_bytes"] > 6_000_000
    assert peak < 4_000_000


def test_each_format_needs_what_it_needs(monkeypatch):
    def lacking(name):
        raise ImportError(name)

    monkeypatch.setattr(formats, "import_module", lacking)
    assert formats.lacking("csv") == ""
    assert formats.lacking("excel") == "The format excel needs openpyxl: pip install 'robotframework-theodore[sandbox]'"


@pytest.mark.parametrize(("company", "status"), [("Nobody Knows It", 404), ("Company 1", 501)])
def test_what_is_wrong_with_a_report_is_said_before_what_the_installation_lacks(monkeypatch, store, company, status):
    monkeypatch.setattr(formats, "lacking", lambda _: "The format pdf needs reportlab")
    request = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(store=store)))
    with pytest.raises(HTTPException) as refused:
        asyncio.run(report(request, ReportRequest(company=company, format="pdf"), SimpleNamespace(tenant="one")))
    assert refused.value.status_code == status


def test_an_outcome_and_the_numbers_of_its_batch_are_written_together(store):
    body = {"job_id": "b", "job_type": "research", "status": "running", "completed": 0}
    store.add_batch(body, "one", "ann", "{}", [{"name": str(number)} for number in range(1200)])
    outcome = {"status": "completed", "attempts": 1, "error": None, "result": '{"name": "7"}'}
    store.checkpoint(body | {"completed": 1}, 7, outcome)
    with pytest.raises(Exception, match="no_such_column"):
        store.checkpoint(body | {"completed": 2}, 8, {"no_such_column": 1})
    assert store.batch("b", "one")["body"]["completed"] == 1
    assert store.batch("b", "other") is None
    assert store.item_counts("b") == {"completed": 1, "pending": 1199}
    assert 7 not in store.pending_positions("b")
    read = list(store.items("b"))
    assert [item["position"] for item in read] == list(range(1200))
    assert read[7]["result"] == {"name": "7"}


def test_a_company_of_a_batch_may_take_as_long_as_the_request_says(store):
    body = {"job_id": "b", "job_type": "research", "status": "pending", "completed": 0, "failed": 0, "pending": 1}
    request = '{"config_overrides": {"timeout_per_company": 0.05}, "max_retries": 0, "input_data": []}'
    row = {"tenant": "one", "owner": "ann", "body": body, "kind": "research", "request": request}
    store.add_batch(body, "one", "ann", request, [{"name": "Slack"}])
    batch = Batch(SimpleNamespace(store=store), row)
    batch._job = lambda _: SimpleNamespace(phases=lambda: asyncio.sleep(60))
    outcome = asyncio.run(batch._outcome(0))
    assert outcome == {"status": "failed", "attempts": 1, "error": "Not finished within 0.05 s", "result": None}


@pytest.mark.parametrize("given", [None, 0, -1, True, "9", [9]])
def test_a_time_that_is_none_leaves_the_usual_one(given):
    request = json.dumps({"config_overrides": {"timeout_per_company": given}})
    row = {"tenant": "one", "owner": "ann", "body": {}, "kind": "research", "request": request}
    assert Batch(SimpleNamespace(), row)._longest() == 120


def test_a_backup_has_the_finished_researches_where_they_are_requested(store, tmp_path):
    for number, (tenant, status) in enumerate((("one", "completed"), ("one", "failed"), ("other", "completed"))):
        body = {"job_id": f"res_{number}", "status": status, "completed_at": "2026-01-02T03:04:05Z"}
        store.save_job(f"res_{number}", "research", tenant, "ann", body, "{}")
    written = Exports(store, str(tmp_path))
    request = ExportRequest(format=ExportFormat.ZIP)
    for cache, expected in ((False, None), (True, ["res_0"])):
        parts = printed_documents.read_backup(written.path(written.companies("one", request, cache=cache)).read_bytes())
        held = [row["job_id"] for row in json.loads(parts["cache.json"])] if "cache.json" in parts else None
        assert held == expected
        digests = json.loads(parts.pop("manifest.json"))["files"]
        assert digests == printed_documents.digests(parts)


@pytest.mark.parametrize("value", [-2.1e-21, 1767323045, "1767323045", "2026-01-02", "2026-01-02T03:04:05"])
def test_a_filter_of_time_takes_moments_with_their_zone_alone(value):
    with pytest.raises(ValidationError, match="Not a moment with its zone"):
        ExportFilters(created_after=value)
