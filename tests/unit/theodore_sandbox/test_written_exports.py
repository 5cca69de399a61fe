"""Options of exports in the sandbox: names that are no paths, files packed whole, companies that are not valid, who exported."""

import gzip
import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from theodore_sandbox import defects
from theodore_sandbox.theodore.batch_models import BatchResearchRequest
from theodore_sandbox.theodore.export_models import ExportFilters, ExportFormat, ExportRequest, ExportResult
from theodore_sandbox.theodore.export_store import ExportStore
from theodore_sandbox.theodore.exporting import Exports
from theodore_sandbox.theodore.store import now
from theodore_sandbox.theodore.validating import MOST_NAMED, Validation

COMPANY = {
    "name": "Slack",
    "domain": "slack.com",
    "website": "https://slack.com",
    "industry": "technology",
    "founded_year": 2009,
    "employee_count": 1,
    "confidence_score": 1.0,
    "contact_email": "hello@slack.com",
    "last_updated": "2026-03-04T05:06:07+00:00",
}


@pytest.fixture
def exported(tmp_path):
    """Export companies as a request says; returns what is known of the file, and the file."""
    store = ExportStore("sqlite://")
    for number in range(5):
        store.save_record("one", COMPANY | {"name": f"Company {number}", "domain": f"{number}.example", "employee_count": number})
    exports = Exports(store, str(tmp_path))

    def run(**request):
        body = exports.companies("one", ExportRequest(**request), "ann")
        ExportResult(**body)
        return body, exports.path(body).read_bytes()

    yield run
    store.close()


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx", "yaml", "xml", "markdown", "html", "zip"])
def test_a_packed_file_is_the_same_file(exported, kind):
    packed, content = exported(format=kind, compress=True, streaming_threshold=2)
    plain, whole = exported(format=kind)
    assert (packed["compressed"], plain["compressed"]) == (True, False)
    assert packed["media_type"] == "application/gzip"
    assert packed["file_name"] == f"{packed['export_id']}.{plain['file_name'].partition('.')[2]}.gz"
    assert packed["file_size_bytes"] == len(content)
    if kind not in ("xlsx", "zip"):  # which hold the moment of their making
        assert gzip.decompress(content) == whole


@pytest.mark.parametrize(
    ("name", "packed", "expected"),
    [
        ("Quarter 3", False, "Quarter 3.csv"),
        ("quarter.csv", False, "quarter.csv"),
        ("quarter.json", False, "quarter.json.csv"),
        ("quarter", True, "quarter.csv.gz"),
        ("quarter.csv", True, "quarter.csv.gz"),
        ("quarter.csv.gz", True, "quarter.csv.gz"),
        ("quarter.gz", False, "quarter.gz.csv"),
    ],
)
def test_a_file_has_the_name_that_was_requested(exported, name, packed, expected):
    body, _ = exported(file_path=name, compress=packed)
    assert body["file_name"] == expected


@pytest.mark.parametrize(
    "name",
    ["", "..", ".a", "../a", "/a", "a/b", "a\\b", "a\nb", "a\n", 'a"b', "a;b", "ä", "a" * 101, "C:a", "a\0", "%2e%2e%2fa", "~a"],
)
def test_what_is_no_plain_name_is_refused(name):
    with pytest.raises(ValidationError, match="It is not the plain name of a file"):
        ExportRequest(file_path=name)
    with pytest.raises(ValidationError, match="It is not the plain name of a file"):
        BatchResearchRequest(input_data=[{"name": "Slack"}], output_location=name)


@pytest.mark.parametrize(
    "choice", [{}, {"include_fields": ["name"]}, {"compress": True}, {"streaming_threshold": 1}, {"format": "zip"}]
)
def test_companies_that_are_not_valid_are_named_whatever_the_columns(exported, choice):
    body, _ = exported(**choice)
    error = {"row": 1, "company": "0.example", "field": "employee_count", "problem": "It is below 1"}
    assert (body["validation_passed"], body["invalid_count"], body["validation_errors"]) == (False, 1, [error])


def test_where_nobody_looks_nothing_is_claimed(exported):
    body, _ = exported(validate_data=False)
    assert (body["validation_passed"], body["invalid_count"], body["validation_errors"]) == (None, None, [])
    body, _ = exported(filters=ExportFilters(employee_count_min=1))
    assert (body["validation_passed"], body["invalid_count"], body["validation_errors"]) == (True, 0, [])


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("name", ["Q"], [None, ""]),
        ("domain", ["slack.com"], [None]),
        ("industry", [None, "unknown"], ["software", ""]),
        ("company_size", ["large"], ["Large"]),
        ("founded_year", [None, 1, now().year], [0, -5, now().year + 1]),
        ("employee_count", [None, 1], [0, -1]),
        ("confidence_score", [None, 0, 0.0, 1], [-0.01, 1.01]),
        ("contact_email", [None, "a@b.c"], ["", "a@b", "a b@c.d", "@b.c", "a@b..c", "a@b.c."]),
        ("website", [None, "http://slack.com", "HTTPS://slack.com/a"], ["slack.com", "ftp://slack.com", "https://"]),
        ("last_updated", [None, now().isoformat()], [(now() + timedelta(hours=1)).isoformat()]),
    ],
)
def test_each_rule(field, good, bad):
    for value in good:
        validation = Validation()
        assert list(validation.watched([COMPANY | {field: value}])) == [COMPANY | {field: value}]
        assert validation.outcome() == {"validation_passed": True, "invalid_count": 0, "validation_errors": []}
    for value in bad:
        validation = Validation()
        list(validation.watched([COMPANY, COMPANY | {field: value}]))
        assert [(error["row"], error["field"]) for error in validation.errors] == [(2, field)]
        assert validation.invalid == 1


def test_a_hundred_problems_are_named_and_all_counted():
    validation = Validation()
    broken = COMPANY | {"employee_count": 0, "founded_year": 0, "website": ""}
    list(validation.watched([broken] * 500))
    assert validation.outcome()["invalid_count"] == 500
    assert len(validation.errors) == MOST_NAMED


def test_an_audit_trail_says_who_exported_what(exported):
    filters = {"industries": ["technology"], "employee_count_min": 2}
    body, _ = exported(format=ExportFormat.JSON, filters=filters, include_fields=["domain"], include_audit_trail=True)
    trail = json.loads(json.dumps(body["audit_trail"]))
    known = {name: body[name] for name in ("format", "columns", "record_count", "sha256")}
    assert trail == {"exported_by": "ann", "exported_at": body["created_at"], "filters": filters} | known
    assert trail["record_count"] == 3
    assert exported()[0]["audit_trail"] is None


@pytest.mark.parametrize(
    ("defect", "request_fields", "name", "value"),
    [
        ("export-compress-ignored", {"compress": True}, "compressed", False),
        ("export-validation-skipped", {}, "validation_passed", True),
        ("export-without-audit-trail", {"include_audit_trail": True}, "audit_trail", None),
    ],
)
def test_defects_ignore_their_option_alone(exported, defect, request_fields, name, value):
    defects.switch([defect])
    try:
        body, _ = exported(**request_fields)
    finally:
        defects.switch([])
    assert body[name] is value
    assert exported(**request_fields)[0][name] is not value
