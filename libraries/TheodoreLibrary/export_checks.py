"""What is observed of an export: how many records, which, in which order and columns, with which values; and its file."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa.observing.display import plural, written
from theodore_qa.systems.conventions import instant
from theodore_qa.timing import show
from TheodoreLibrary import document_checks, documents, export_filters, export_options, exports, printed_documents
from TheodoreLibrary.documents import BrokenDocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.documents import Document
    from TheodoreLibrary.exports import Export
    from TheodoreLibrary.jobs import Job

Record = dict[str, Any]
MOST_NAMED = 3
CUT = 30  # characters of a name that a column of a PDF has room for
READERS: dict[str, Callable[[bytes], Document]] = {
    "csv": documents.read_csv,
    "json": documents.read_json,
    "xlsx": documents.read_workbook,
    "yaml": documents.read_yaml,
    "xml": documents.read_xml,
    "markdown": printed_documents.read_markdown,
    "html": printed_documents.read_html,
}
FOR_PEOPLE = ("markdown", "html")


def as_described(checks: Checks, export: Export) -> None:
    """The file is the one that the system describes: status, size, digest, media type, name and address, when and how long."""
    answer, result = export.file, export.result
    checks.that("export.downloaded", answer.status == exports.OK, f"status {exports.OK}", f"status {answer.status}")
    if answer.status != exports.OK:
        return
    checks.equal("export.size", len(export.content), result.get("file_size_bytes"))
    checks.equal("export.digest", hashlib.sha256(export.content).hexdigest(), result.get("sha256"))
    checks.equal("export.media_type", answer.media, result.get("media_type"))
    disposition = answer.headers.get("content-disposition", "none")
    expected = f'attachment; filename="{result.get("file_name")}"'
    checks.equal("export.attachment", expected, disposition)
    place = urlsplit(str(result.get("download_url"))).path
    checks.equal("export.download_url", urlsplit(export.system.full(answer.path)).path, place)
    export_options.named(checks, export)
    export_options.unpacked(checks, export)
    export_options.consistent(checks, export)
    _in_time(checks, export)


def _in_time(checks: Checks, export: Export) -> None:
    """The file was made between its request and the answer, in no more time than that."""
    made, tolerance = export.accepted, export.system.environment.clock_tolerance
    spent = export.result.get("processing_time_seconds")
    possible = isinstance(spent, int | float) and 0 <= spent <= made.duration
    checks.that("export.processing_time", possible, f"at most the {show(made.duration)} of its request", f"{spent} s")
    least, most = made.sent - timedelta(seconds=tolerance), made.sent + timedelta(seconds=made.duration + tolerance)
    stated = export.result.get("created_at")
    try:
        holds = least <= instant(str(stated)) <= most
    except (TypeError, ValueError):
        holds = False
    checks.that("export.created_at", holds, f"{least.isoformat()} to {most.isoformat()}", str(stated))


def holds(checks: Checks, export: Export, records: list[Record], *, alone: bool) -> None:
    """The file holds the records that its request chooses, and no other of them; if they are ``alone``, no other at all."""
    expected = exports.chosen(records, export.request)
    filters = export.request.get("filters") or {}
    for part in export_filters.idle(records, filters):
        alike = f"{len(export_filters.fitting(records, filters))} of {plural(len(records), 'record')} with and without it"
        checks.not_evaluated("export.filter", f"fewer or more records by the filter {part}: give it another value", alike)
    result = export.result
    claimed = result.get("record_count")
    threshold = int(export.request.get("streaming_threshold") or exports.THRESHOLD)
    streamed = int(claimed or 0) > threshold and export.request.get("stream_large_datasets") is not False
    checks.equal("export.streamed", streamed, result.get("streaming_used"))
    content = export_options.unpacked(checks, export)
    if content is None:
        return
    if alone and not expected:
        nothing(checks, export, content)
        return
    if export.format == "pdf":
        right = claimed == len(expected) if alone else int(claimed or 0) >= len(expected)
        checks.that("export.count", right, plural(len(expected), "record"), f"{claimed} records", n=len(expected))
        pages(checks, content, expected)
        return
    document = read(checks, export.format, content)
    if document is None:
        return
    count = len(document.rows)
    if not alone:
        known = {str(record["domain"]) for record in records}
        document.rows = [row for row in document.rows if str(row.get("domain")) in known]
    right = count == claimed and len(document.rows) == len(expected)
    checks.that(
        "export.count",
        right,
        plural(len(expected), "record"),
        f"{len(document.rows)} of {count} records in the file, {claimed} by the answer",
        n=count,
    )
    table(checks, export, document, expected, exports.columns(records, export.request))


def nothing(checks: Checks, export: Export, content: bytes) -> None:
    """A file of no records is whole in its format and says so."""
    checks.equal("export.count", 0, export.result.get("record_count"))
    if export.format == "pdf":
        pages(checks, content, [])
        return
    document = read(checks, export.format, content)
    if document is not None:
        checks.that("export.nothing", not document.rows, "0 records", plural(len(document.rows), "record"))


def table(checks: Checks, export: Export, document: Document, expected: list[Record], columns: list[str]) -> None:
    """Which records a document holds, their order, the columns and the values."""
    if "domain" in columns:
        came = [str(row.get("domain")) for row in document.rows]
        chosen = [str(record["domain"]) for record in expected]
        missing, foreign = sorted(set(chosen) - set(came)), sorted(set(came) - set(chosen))
        observed = (
            f"missing: {written(missing)}; foreign: {written(foreign)}" if missing or foreign else plural(len(came), "company")
        )
        checks.that(
            "export.chosen", not missing and not foreign, f"the {plural(len(chosen), 'chosen company')}", observed, n=len(came)
        )
        if not missing and not foreign:
            checks.that("export.sorted", came == chosen, written(chosen), written(came), n=len(came))
    if expected:
        checks.that(
            "export.column_order", document.columns == columns, written(columns), written(document.columns), n=len(columns)
        )
        answered = export.result.get("columns")
        checks.that("export.columns_answered", answered == columns, written(columns), written(answered), n=len(columns))
    if export.format in FOR_PEOPLE:
        expected = [
            {name: " ".join(printed_documents.plain(value).split()) for name, value in record.items()} for record in expected
        ]
        document.rows = [{name: " ".join(str(cell).split()) for name, cell in row.items()} for row in document.rows]
    kind = {"xlsx": "excel", "markdown": "json", "html": "json"}.get(export.format, export.format)
    document_checks.agree(checks, export.format, document, expected, kind, "export")


def read(checks: Checks, kind: str, content: bytes) -> Document | None:
    """The records of a document; None, with a failed check, where it is none of its kind."""
    try:
        document = READERS[kind](content)
    except BrokenDocumentError as error:
        checks.that("export.readable", holds=False, expected=f"a document in {kind}", observed=str(error))
        return None
    checks.that("export.readable", holds=True, expected=f"a document in {kind}", observed=plural(len(document.rows), "record"))
    return document


def pages(checks: Checks, content: bytes, expected: list[Record]) -> None:
    """The pages of a PDF hold each company, and each page says which it is."""
    try:
        texts = printed_documents.read_pdf(content)
    except BrokenDocumentError as error:
        checks.that("export.readable", holds=False, expected="a document in pdf", observed=str(error))
        return
    whole = "\n".join(texts)
    kind = "group" if expected and "companies" in expected[0] else "name"
    names = [str(record[kind]) for record in expected if record.get(kind) is not None]
    missing = [name for name in names if name[:CUT] not in whole]
    observed = f"missing: {', '.join(missing[:MOST_NAMED])}" if missing else f"{len(names)} of {len(names)} {kind}s"
    subject = "group" if kind == "group" else "company"
    if expected:
        checks.that("export.pdf_text", bool(names) and not missing, f"the name of each {subject}", observed, n=len(names))
    named = [re.search(r"Page (\d+) of (\d+)", text) for text in texts]
    found = [(int(match[1]), int(match[2])) for match in named if match]
    right = bool(texts) and found == [(number, len(texts)) for number in range(1, len(texts) + 1)]
    checks.that(
        "export.pdf_pages", right, f"pages 1 to {len(texts)} of {len(texts)}",
        ", ".join(f"{number} of {count}" for number, count in found) or "no page numbers", n=len(texts),
    )  # fmt: skip


def report_text(kind: str, content: bytes) -> str:
    """The text of a report as people read it, its lines joined."""
    return " ".join(printed_documents.TEXTS.get(kind, documents.as_text)(content).split())


def json_object(content: bytes) -> dict[str, Any]:
    """The object that a document in JSON is; an empty one where it is none."""
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def report(checks: Checks, kind: str, content: bytes, record: Record) -> None:
    """A report about one company holds its facts."""
    if kind == "json":
        checks.equal("export.report_record", record, json_object(content).get("company"))
        return
    try:
        flowing = report_text(kind, content)
    except BrokenDocumentError as error:
        checks.that("export.readable", holds=False, expected=f"a document in {kind}", observed=str(error))
        return
    facts = {name: str(record[name]) for name in ("name", "domain", "industry", "business_model") if record.get(name)}
    missing = [f"{name} {value}" for name, value in facts.items() if value not in flowing]
    observed = f"missing: {', '.join(missing)}" if missing else f"{len(facts)} of {len(facts)} facts"
    checks.that("export.report_facts", bool(facts) and not missing, f"{written(facts)}", observed, n=len(facts))


def backup(checks: Checks, content: bytes, records: list[Record], *, alone: bool, cache: bool = False) -> None:
    """A backup is whole, stays within its folder, and holds all records twice; with ``cache`` the researches too."""
    try:
        parts = printed_documents.read_backup(content)
    except BrokenDocumentError as error:
        checks.that("export.backup_safe", holds=False, expected="parts within the folder, none damaged", observed=str(error))
        return
    checks.that(
        "export.backup_safe",
        holds=True,
        expected="parts within the folder, none damaged",
        observed=written(list(parts)),
        n=len(parts),
    )
    expected_parts = {"companies.json", "companies.csv", "manifest.json"}
    expected_parts |= {"cache.json"} if cache else set()
    names = written(sorted(parts))
    checks.that("export.backup_parts", set(parts) == expected_parts, written(sorted(expected_parts)), names, n=len(parts))
    claimed = json_object(parts.get("manifest.json", b"")).get("files") or {}
    own = {name: digest for name, digest in printed_documents.digests(parts).items() if name != "manifest.json"}
    same = sum(claimed.get(name) == digest for name, digest in own.items())
    observed = f"{plural(len(own), 'part')}, {same} as in the manifest"
    checks.that("export.backup_manifest", bool(own) and claimed == own, "the SHA-256 of each part", observed, n=len(own))
    expected = exports.chosen(records, {})
    for name, kind in (("companies.json", "json"), ("companies.csv", "csv")):
        document = read(checks, kind, parts.get(name, b""))
        if document is not None:
            if not alone:
                known = {str(record["domain"]) for record in records}
                document.rows = [row for row in document.rows if str(row.get("domain")) in known]
            document_checks.agree(checks, name, document, expected, kind, "export.backup")


def cached(checks: Checks, export: Export, researches: list[Job]) -> None:
    """A backup holds researches as the API has them."""
    try:
        text = printed_documents.read_backup(export.content).get("cache.json", b"")
        rows = json.loads(text) if text else None
    except (BrokenDocumentError, ValueError) as error:
        checks.that("export.backup_cache", holds=False, expected="researches in cache.json", observed=str(error))
        return
    found = {str(row.get("job_id")): row for row in rows if isinstance(row, dict)} if isinstance(rows, list) else {}
    wrong = [str(job.id) for job in researches if found.get(job.id, {}).get("result") != job.record]
    observed = f"missing or different: {', '.join(wrong[:MOST_NAMED])}" if wrong else plural(len(researches), "research")
    expected = f"{plural(len(researches), 'research')} in cache.json with the records of the API"
    checks.that("export.backup_cache", not wrong, expected, observed, n=len(researches))
    unfinished = sorted(job_id for job_id, row in found.items() if row.get("status") != "completed")
    observed = ", ".join(unfinished[:MOST_NAMED]) or f"{len(found)} of {plural(len(found), 'research')}"
    checks.that(
        "export.backup_completed", bool(found) and not unfinished, "researches that completed alone", observed, n=len(found)
    )


def without(checks: Checks, export: Export, researches: list[Job]) -> None:
    """No part of a backup holds the id of a job, or what the record of a company says, of researches of another tenant."""
    try:
        texts = {name: documents.as_text(data) for name, data in printed_documents.read_backup(export.content).items()}
    except BrokenDocumentError as error:
        checks.that("export.backup_own", holds=False, expected="parts in text", observed=str(error))
        return
    held = sum(len(text) for text in texts.values())
    foreign = [
        f"{job.company} in {name}"
        for job in researches
        for name, text in texts.items()
        if any(mark in text for mark in (job.id, (job.record or {}).get("last_updated")) if mark)
    ]
    observed = ", ".join(foreign[:MOST_NAMED]) or f"neither in {plural(held, 'character')} of {plural(len(texts), 'part')}"
    expected = f"neither job nor record of {plural(len(researches), 'research')} of another tenant in any part"
    checks.that("export.backup_own", bool(held) and not foreign, expected, observed, n=len(researches) * len(texts))
