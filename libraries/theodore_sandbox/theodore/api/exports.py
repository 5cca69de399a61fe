"""The export routes: companies, reports and backups are written to files, which are downloaded whole or in parts."""

from __future__ import annotations

import asyncio
import re
from typing import Any, TYPE_CHECKING

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from theodore_sandbox import defects
from theodore_sandbox.theodore import exporting, formats
from theodore_sandbox.theodore.api.auth import Signed  # noqa: TC001  # FastAPI resolves annotations at run time
from theodore_sandbox.theodore.export_models import (
    BackupRequest,
    ExportFormat,
    ExportFormats,
    ExportRequest,
    ExportResult,
    MOST_IN_PDF,
    MOST_RECORDS,
    ReportRequest,
)
from theodore_sandbox.theodore.pipeline import candidates
from theodore_sandbox.theodore.pipeline.jobs import FAILURES

if TYPE_CHECKING:
    from theodore_sandbox.theodore.api.auth import Caller

router = APIRouter(prefix="/api/v2/export")
PARTIAL, UNSATISFIABLE, NOT_INSTALLED = 206, 416, 501
THRESHOLD, MOST_SIMILAR = 0.6, 10  # as of a discovery


@router.get("/formats")
async def listing(signed: Signed) -> ExportFormats:  # noqa: ARG001  # any signed-in caller
    """The formats, and how much an export holds at most."""
    named = [
        {"format": name, "media_type": media.partition(";")[0], "extension": ending}
        for name, (_, media, ending) in exporting.KINDS.items()
    ]
    return ExportFormats(formats=named, limits={"max_records": MOST_RECORDS, "max_records_pdf": MOST_IN_PDF})


@router.post("/companies")
async def companies(request: Request, body: ExportRequest, signed: Signed) -> ExportResult:
    """Write the companies that the tenant has researched, as they are chosen, to a file."""
    _installed(body.format)
    if defects.on("export-slow"):
        await asyncio.sleep(3)
    if body.format is ExportFormat.PDF and (body.limit is None or body.limit > MOST_IN_PDF):
        body = body.model_copy(update={"limit": MOST_IN_PDF})
    filters = body.filters
    similar = (
        await _similar(request, signed, filters.similar_to, filters.similarity_threshold)
        if filters and filters.similar_to
        else None
    )
    state = request.app.state
    by = state.store.account(signed.user_id)["username"]
    return ExportResult(**await run_in_threadpool(state.exports.companies, signed.tenant, body, by, similar=similar))


async def _similar(request: Request, signed: Caller, company: str, threshold: float | None) -> list[str]:
    """The domains of the companies that are similar to one that the tenant has researched, the most similar first."""
    state = request.app.state
    record = await run_in_threadpool(state.store.company_record, signed.tenant, company)
    if record is None:
        raise HTTPException(404, f"Company {company} was not researched")
    try:
        return await candidates.similar_to(state.jobs, signed.tenant, record, THRESHOLD if threshold is None else threshold)
    except FAILURES:
        raise HTTPException(503, "The similar companies are not known: the store of vectors did not answer") from None


@router.post("/report")
async def report(request: Request, body: ReportRequest, signed: Signed) -> ExportResult:
    """Write a report about one company that the tenant has researched."""
    store = request.app.state.store
    record = await run_in_threadpool(store.company_record, signed.tenant, body.company)
    if record is None:
        raise HTTPException(404, f"Company {body.company} was not researched")
    _installed(body.format)
    similar: list[str] = []
    if body.include_similar and not defects.on("report-without-similar"):
        alike = (await _similar(request, signed, record["domain"], None))[:MOST_SIMILAR]
        similar = [other["name"] for other in store.read(signed.tenant, alike, MOST_SIMILAR)]
    written = await run_in_threadpool(request.app.state.exports.report, signed.tenant, record, similar, body.format)
    return ExportResult(**written)


@router.post("/backup")
async def backup(request: Request, body: BackupRequest, signed: Signed) -> ExportResult:
    """Write all companies of the tenant to a ZIP file, and its finished researches where they are requested."""
    everything, exports = ExportRequest(format=ExportFormat.ZIP), request.app.state.exports
    cache = bool(body.include_cache) and not defects.on("backup-without-cache")
    return ExportResult(**await run_in_threadpool(exports.companies, signed.tenant, everything, cache=cache))


def _installed(kind: str) -> None:
    """Refuse a format that a plain installation cannot write."""
    if reason := formats.lacking(kind):
        raise HTTPException(NOT_INSTALLED, reason)


def _export(request: Request, export_id: str, signed: Caller) -> dict[str, Any]:
    tenant = None if defects.on("tenant-leak-export") else signed.tenant
    body: dict[str, Any] | None = request.app.state.store.export(export_id, tenant)
    if body is None:
        raise HTTPException(404, f"Export {export_id} not found")
    return body


@router.get("/files/{export_id}")
async def described(request: Request, export_id: str, signed: Signed) -> ExportResult:
    """What is known of a file."""
    return ExportResult(**_export(request, export_id, signed))


@router.get("/files/{export_id}/download")
async def download(request: Request, export_id: str, signed: Signed) -> StreamingResponse:
    """A file, or the part of it that the header Range names."""
    body = _export(request, export_id, signed)
    path, size = request.app.state.exports.path(body), int(body["file_size_bytes"])
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{body["sha256"]}"',
        "Content-Disposition": f'attachment; filename="{body["file_name"]}"',
    }
    part = _part(request, size, headers["ETag"])
    if part is None:
        headers["Content-Length"] = str(size)
        return StreamingResponse(exporting.part_of(path), media_type=body["media_type"], headers=headers)
    first, last = part
    start = first + 1 if defects.on("range-off-by-one") and first else first
    headers |= {"Content-Range": f"bytes {first}-{last}/{size}", "Content-Length": str(last - start + 1)}
    pieces = exporting.part_of(path, start, last - start + 1)
    return StreamingResponse(pieces, PARTIAL, media_type=body["media_type"], headers=headers)


def _part(request: Request, size: int, tag: str) -> tuple[int, int] | None:
    """The first and the last byte that are requested; None for all, as for a range that is none or for another file."""
    given = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", "").replace(" ", ""))
    if given is None or given[0] == "bytes=-" or request.headers.get("if-range", tag) != tag:
        return None
    if given[1]:
        first, last = int(given[1]), min(int(given[2] or size - 1), size - 1)
        if given[2] and int(given[2]) < int(given[1]):
            return None
    else:
        first, last = max(0, size - int(given[2])), size - 1
    if first > last:
        raise HTTPException(UNSATISFIABLE, "The range lies beyond the file", {"Content-Range": f"bytes */{size}"})
    return first, last
