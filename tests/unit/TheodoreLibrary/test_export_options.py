"""What is wrong with options of an export is found and named."""

import gzip
from types import SimpleNamespace

import pytest

from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder
from TheodoreLibrary import export_options
from TheodoreLibrary.exports import Export

GOOD = {"name": "Slack", "domain": "slack.com", "industry": "technology", "employee_count": 1, "contact_email": "a@b.example"}
BAD = GOOD | {"domain": "bad.example", "employee_count": 0, "founded_year": 9999}
NAMED = [
    {"row": 2, "company": "bad.example", "field": "employee_count", "problem": "It is below 1"},
    {"row": 2, "company": "bad.example", "field": "founded_year", "problem": "It lies in the future"},
]
WHOLE = gzip.compress(b"name\nSlack\n")
TRAIL = {
    "exported_by": "ann",
    "exported_at": "2026-03-04T05:06:07Z",
    "format": "csv",
    "filters": {"created_after": "2026-01-01T00:00:00Z"},
    "columns": ["name"],
    "record_count": 1,
    "sha256": "f" * 64,
}
DESCRIBED = (
    {"export_id": "exp_1"}
    | {name: TRAIL[name] for name in ("columns", "record_count", "sha256")}
    | {"created_at": "2026-03-04T05:06:07+00:00"}
)
FILTERED = {"include_audit_trail": True, "filters": {"created_after": "2026-01-01T01:00:00+01:00", "limit": None}}


def answer(status=200, **body):
    return SimpleNamespace(status=status, object=lambda: body)


def export(request=None, content=b"", **result):
    file = SimpleNamespace(content=content)
    return Export(request or {}, None, answer(**{"export_id": "exp_1"} | result), file, system=None)


def judged(look, *arguments):
    recorder.enter_suite()
    recorder.exchanged()
    try:
        with recorder.calling("export_keyword", []):
            checks = Checks("x")
            look(checks, *arguments)
            checks.conclude()
    finally:
        recorder.leave_suite()


@pytest.mark.parametrize(
    ("look", "arguments"),
    [
        (export_options.named, (export({"file_path": "Quarter 3"}, file_name="Quarter 3.csv"),)),
        (export_options.named, (export({"file_path": "a.md", "format": "markdown", "compress": True}, file_name="a.md.gz"),)),
        (export_options.consistent, (export(validation_passed=True, invalid_count=0, validation_errors=[]),)),
        (export_options.consistent, (export(validation_passed=False, invalid_count=1, validation_errors=NAMED),)),
        (export_options.consistent, (export({"validate_data": False}, validation_passed=None, invalid_count=None),)),
        (export_options.invalid_named, (export(validation_errors=NAMED[::-1]), [GOOD, BAD])),
        (
            export_options.audited,
            (export(FILTERED, **DESCRIBED, audit_trail=TRAIL), "ann", answer(**DESCRIBED, audit_trail=TRAIL)),
        ),
        (export_options.audited, (export(audit_trail=None), "ann", answer(export_id="exp_1", audit_trail=None))),
        (export_options.refused, ("../a", answer(422, details=[{"loc": ["body", "file_path"], "msg": "No"}]), answer())),
    ],
)
def test_options_that_have_their_effect(look, arguments):
    judged(look, *arguments)


@pytest.mark.parametrize(
    ("look", "arguments", "message"),
    [
        (export_options.named, (export({"file_path": "q.csv"}, file_name="exp_1.csv"),), "export.file_name: expected q.csv, observed exp_1.csv"),
        (export_options.named, (export({"file_path": "q", "compress": True}, file_name="q.csv"),), "export.file_name: expected q.csv.gz, observed q.csv"),
        (export_options.consistent, (export(validation_passed=True),), "export.validated: expected validation_passed true with 0 companies named, or false with some, observed true with none not valid and 0 named"),
        (export_options.consistent, (export(validation_passed=True, invalid_count=1, validation_errors=NAMED),), "observed true with 1 not valid and 2 named"),
        (export_options.consistent, (export(validation_passed=False, invalid_count=2, validation_errors=[]),), "observed false with 2 not valid and 0 named"),
        (export_options.consistent, (export({"validate_data": False}, validation_passed=True, invalid_count=0),), "export.validated"),
        (export_options.invalid_named, (export(validation_errors=[]), [GOOD, BAD]), "export.invalid_named: expected bad.example (employee_count), bad.example (founded_year), observed none"),
        (export_options.invalid_named, (export(validation_errors=[*NAMED, {"company": "slack.com", "field": "name", "problem": "?"}]), [GOOD, BAD]), "slack.com (name)"),
        (export_options.invalid_named, (export(validation_errors=[entry | {"problem": ""} for entry in NAMED]), [BAD]), "export.invalid_reasons: expected a problem for each value, observed none for employee_count, founded_year"),
        (export_options.unpacked, (export({"compress": True}, b"name\nSlack\n", compressed=True),), "export.compressed: expected a whole file packed by gzip, with compressed true, observed 11 bytes that are none of gzip, with compressed true"),
        (export_options.unpacked, (export({"compress": True}, WHOLE[:-9], compressed=True),), "bytes without an end"),
        (export_options.unpacked, (export({"compress": True}, WHOLE + b"more", compressed=True),), "4 bytes behind the end"),
        (export_options.unpacked, (export({"compress": True}, WHOLE[:-5] + b"\0" + WHOLE[-4:], compressed=True),), "that are none of gzip"),
        (export_options.unpacked, (export({"compress": True}, WHOLE, compressed=False),), "observed 11 bytes packed in 31, with compressed false"),
        (export_options.audited, (export(FILTERED, **DESCRIBED, audit_trail=TRAIL), "bob", answer(**DESCRIBED, audit_trail=TRAIL)), "export.audit_trail: expected the export by bob in the answer, with its filters created_after: 2026-01-01T01:00:00+01:00, observed exported_by ann"),
        (export_options.audited, (export(FILTERED, **DESCRIBED, audit_trail=TRAIL | {"filters": {}}), "ann", answer(**DESCRIBED, audit_trail=TRAIL)), "observed filters"),
        (export_options.audited, (export(FILTERED, **DESCRIBED, audit_trail=TRAIL), "ann", answer(**DESCRIBED)), "in the description, with its filters"),
        (export_options.audited, (export(audit_trail=TRAIL), "ann", answer()), "export.audit_trail: expected none, observed"),
        (export_options.audited, (export(audit_trail=None), "ann", answer(export_id="exp_2")), "export.described: expected the fields of the answer, observed another export_id"),
        (export_options.refused, ("../a", answer(200), answer()), "export.name_refused: expected 422, observed 200"),
        (export_options.refused, ("../a", answer(422, details=[{"loc": ["body", "format"], "msg": "No"}]), answer()), "export.name_reason: expected a sentence about file_path, observed nothing about file_path for ../a"),
        (export_options.refused, ("../a", answer(422, details=[{"loc": ["body", "file_path"], "msg": "No"}]), answer(422)), "export.name_taken: expected 200, observed 422"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(look, arguments, message):
    with pytest.raises(QaError) as error:
        judged(look, *arguments)
    assert message in str(error.value)


def test_where_all_are_valid_nothing_is_shown():
    with pytest.raises(NotEvaluatedError, match="2 of 2 records are valid"):
        judged(export_options.invalid_named, export(validation_errors=[]), [GOOD, GOOD])


def test_what_is_not_packed_is_taken_as_it_is():
    assert export_options.unpacked(None, export(content=b"name")) == b"name"
    assert export_options.of_gzip(WHOLE)[0] == b"name\nSlack\n"
