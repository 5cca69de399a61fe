"""Backups and files of no records, as exports are held to them."""

import io
import json
import zipfile
from types import SimpleNamespace

import pytest

from theodore_qa.observing.checks import Checks
from TheodoreLibrary import export_checks

STAMP = "2026-01-02T03:04:05.123456Z"


def packed(**parts):
    """A ZIP file of texts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in parts.items():
            archive.writestr(f"{name}.json", text if isinstance(text, str) else json.dumps(text))
    return file.getvalue()


def exported(content, kind="zip", **result):
    return SimpleNamespace(content=content, format=kind, result=result)


def research(number, stamp=STAMP):
    return SimpleNamespace(id=number, company="Square", record={"domain": "square.com", "last_updated": stamp})


def failures(check, *arguments):
    """The checks that failed, with what was observed."""
    checks = Checks("Backup", "exp_1")
    check(checks, *arguments)
    assert checks.done
    return {seen.check: seen.observed for seen in checks.done if seen.verdict == "FAIL"}


@pytest.mark.parametrize(
    ("parts", "observed"),
    [
        ({"companies": [{"domain": "acme.com"}], "cache": [{"job_id": "res_own"}]}, None),
        ({"companies": [{"domain": "acme.com"}], "cache": [{"job_id": "res_1"}]}, "Square in cache.json"),
        ({"companies": [{"domain": "square.com", "last_updated": STAMP}]}, "Square in companies.json"),
        ({"companies": [{"domain": "square.com", "last_updated": "2026-02-01T00:00:00Z"}]}, None),
    ],
)
def test_what_belongs_to_another_tenant_is_in_no_part_of_a_backup(parts, observed):
    found = failures(export_checks.without, exported(packed(**parts)), [research("res_1")])
    assert found == ({"export.backup_own": observed} if observed else {})


@pytest.mark.parametrize("content", [b"", b"PK half", packed(), packed(companies="")], ids=["empty", "half", "no part", "no text"])
def test_a_backup_of_nothing_proves_nothing(content):
    assert set(failures(export_checks.without, exported(content), [research("res_1")])) == {"export.backup_own"}


def test_a_backup_holds_researches_that_completed_alone():
    job = research("res_1")
    whole = {"job_id": "res_1", "status": "completed", "result": job.record}
    assert failures(export_checks.cached, exported(packed(cache=[whole])), [job]) == {}
    mixed = packed(cache=[whole, {"job_id": "res_2", "status": "failed"}])
    assert failures(export_checks.cached, exported(mixed), [job]) == {"export.backup_completed": "res_2"}


@pytest.mark.parametrize(
    ("content", "count", "wrong"),
    [
        (b"[]\n", 0, set()),
        (b"[]\n", 1, {"export.count"}),
        (b'[{"name": "Slack"}]', 0, {"export.nothing"}),
        (b"", 0, {"export.readable"}),
    ],
)
def test_a_file_of_no_records_is_whole_and_says_so(content, count, wrong):
    assert set(failures(export_checks.nothing, exported(content, "json", record_count=count), content)) == wrong
