"""The batch routes: start, list, status, pause, resume, cancel, download, upload."""

from __future__ import annotations

import secrets
from pathlib import PurePath
from typing import Annotated, Any, TYPE_CHECKING

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from theodore_sandbox import defects
from theodore_sandbox.theodore import formats, uploads
from theodore_sandbox.theodore.api import limits
from theodore_sandbox.theodore.api.auth import Caller, Signed
from theodore_sandbox.theodore.batch_models import (
    BatchDiscoveryRequest,
    BatchJobResponse,
    BatchJobStatus,
    BatchList,
    BatchResearchRequest,
    CompanyInput,
    OutputFormat,
    Upload,
)
from theodore_sandbox.theodore.models import CompanyIntelligence
from theodore_sandbox.theodore.pipeline.batches import ANALYSES, HINTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_sandbox.theodore.pipeline.batches import Batch

router = APIRouter(prefix="/api/v2/batch")
NOT_INSTALLED = 501
MOST_UPLOADED = 100_000_000
PREVIEWED = 5
ENDINGS = ("csv", "json", "xlsx")
OLD_WORKBOOK = "xls"
ABOUT = ["position", "company_name", "custom_id", "metadata", "hints", "status", "attempts", "error"]
FOUND = ["total_found", "results"]


def _scoped(request: Request, signed: Signed) -> Caller:
    """The caller, whose API key must have the scope of the kind of work; what starts work counts against the limit."""
    kind = request.url.path.rpartition("/")[2]
    needed = {"research": ("research",), "discover": ("discovery",)}.get(kind, ("research", "discovery"))
    if signed.scopes is not None and not set(needed) & set(signed.scopes):
        raise HTTPException(403, f"The API key lacks the scope {' or '.join(needed)}")
    if kind in ("research", "discover", "upload") or defects.on("batch-polling-counted"):
        limits.count(request, "batch", signed.user_id, signed.limits)
    return signed


Batcher = Annotated[Caller, Depends(_scoped)]


def _batch(request: Request, job_id: str, signed: Caller) -> Batch:
    batch: Batch | None = request.app.state.batches.find(job_id, signed.tenant)
    if batch is None:
        raise HTTPException(404, f"Batch job {job_id} not found")
    return batch


def _companies(request: Request, given: list[CompanyInput] | str, signed: Caller) -> list[dict[str, Any]]:
    """The companies of a request, or of the uploaded file that it names."""
    if not isinstance(given, str):
        return [company.model_dump(mode="json", exclude_none=True) for company in given]
    found: list[dict[str, Any]] | None = request.app.state.store.upload(given, signed.tenant)
    if found is None:
        raise HTTPException(404, f"File {given} not found")
    return found


@router.post("/research")
async def research(request: Request, body: BatchResearchRequest, signed: Batcher) -> BatchJobResponse:
    """Start the research of many companies, or go on with a paused one."""
    if body.resume_job_id and not defects.on("batch-resume-starts-another"):
        return await _resumed(_batch(request, body.resume_job_id, signed))
    companies = _companies(request, body.input_data, signed)
    return BatchJobResponse(**request.app.state.batches.start(body, signed.tenant, signed.user_id, companies))


@router.post("/discover")
async def discover(request: Request, body: BatchDiscoveryRequest, signed: Batcher) -> BatchJobResponse:
    """Start looking for companies that are similar to each of many."""
    companies = _companies(request, body.input_data, signed)
    return BatchJobResponse(**request.app.state.batches.start(body, signed.tenant, signed.user_id, companies))


@router.get("/jobs")
async def listing(
    request: Request,
    signed: Batcher,
    status: BatchJobStatus | None = None,
    job_type: Annotated[str | None, Query(max_length=50)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> BatchList:
    """The batches of the tenant, the latest first, in pages."""
    page, total = request.app.state.store.list_batches(signed.tenant, status, job_type, limit, offset)
    listed = [BatchJobResponse(**body) for body in page]
    return BatchList(jobs=listed, total=total, limit=limit, offset=offset, has_more=offset + len(listed) < total)


@router.get("/jobs/{job_id}")
async def status_of(request: Request, job_id: str, signed: Batcher) -> BatchJobResponse:
    """A batch with its numbers."""
    return BatchJobResponse(**_batch(request, job_id, signed).body)


@router.delete("/jobs/{job_id}")
async def cancel(request: Request, job_id: str, signed: Batcher) -> dict[str, str]:
    """Cancel a batch that has not ended."""
    batch = _batch(request, job_id, signed)
    if batch.status.final:
        raise HTTPException(409, f"Batch job {job_id} is already {batch.status}")
    await batch.cancel()
    return {"message": "Batch job cancelled", "job_id": job_id}


@router.post("/jobs/{job_id}/pause")
async def pause(request: Request, job_id: str, signed: Batcher) -> dict[str, str]:
    """Pause a batch that is at work."""
    batch = _batch(request, job_id, signed)
    if batch.status not in (BatchJobStatus.PENDING, BatchJobStatus.RUNNING):
        raise HTTPException(409, f"Batch job {job_id} is {batch.status} and cannot be paused")
    await batch.pause()
    return {"message": "Batch job paused", "job_id": job_id}


@router.post("/jobs/{job_id}/resume")
async def resume(request: Request, job_id: str, signed: Batcher) -> dict[str, str]:
    """Go on with a batch that is paused."""
    await _resumed(_batch(request, job_id, signed))
    return {"message": "Batch job resumed", "job_id": job_id}


async def _resumed(batch: Batch) -> BatchJobResponse:
    if batch.status is not BatchJobStatus.PAUSED:
        raise HTTPException(409, f"Batch job {batch.id} is {batch.status} and cannot be resumed")
    batch.resume()
    return BatchJobResponse(**batch.body)


@router.get("/jobs/{job_id}/download")
async def download(
    request: Request,
    job_id: str,
    signed: Batcher,
    format: OutputFormat | None = None,  # noqa: A002  # the contract's name
) -> StreamingResponse:
    """The outcome of each company of a batch that has ended."""
    batch = _batch(request, job_id, signed)
    if not batch.status.final:
        raise HTTPException(409, f"Batch job {job_id} is {batch.status}: its results can be downloaded when it has ended")
    chosen = format or OutputFormat(batch.body["output_format"])
    if reason := formats.lacking(chosen):
        raise HTTPException(NOT_INSTALLED, reason)
    write, media, ending = formats.FORMATS[chosen]
    research = batch.body["job_type"] == "research"
    nested = chosen in (OutputFormat.JSON, OutputFormat.XML, OutputFormat.YAML)
    columns = [*ABOUT, *_analyses(batch), *(CompanyIntelligence.model_fields if research else FOUND)]
    records = _outcomes(request, batch, flat=not nested)
    if defects.on("batch-attempts-listed"):
        records = (record for record in records for _ in range(max(1, record["attempts"])))
    if defects.on("batch-results-reordered"):
        records = iter(sorted(records, key=lambda record: record["company_name"]))
    name = getattr(batch.request, "output_location", None) or job_id
    name = name if name.endswith(f".{ending}") else f"{name}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{job_id if defects.on("batch-file-name-ignored") else name}"'}
    return StreamingResponse(write(columns, records), media_type=media, headers=headers)


def _analyses(batch: Batch) -> list[str]:
    """The analyses that the request named."""
    return [name for name in ANALYSES if getattr(batch.request, f"include_{name}", False)]


def _outcomes(request: Request, batch: Batch, *, flat: bool) -> Iterator[dict[str, Any]]:
    seen: set[str] | None = set() if getattr(batch.request, "deduplicate_results", False) else None
    for item in request.app.state.store.items(batch.id):
        company, result = item["company"], item["result"]
        if seen is not None and result:
            result = _without(seen, result)
        about = {"position": item["position"], "company_name": company["name"], "custom_id": company.get("custom_id")}
        about["metadata"] = None if defects.on("batch-metadata-lost") else company.get("metadata")
        hints = {name: company[name] for name in HINTS if company.get(name)}
        about["hints"] = None if defects.on("batch-hints-lost") else hints or None
        about |= {name: item[name] for name in ("status", "attempts", "error")}
        about |= {name: item["analyses"].get(name) for name in _analyses(batch)}
        yield about | (result or {}) if flat else about | {"result": result}


def _without(seen: set[str], result: dict[str, Any]) -> dict[str, Any]:
    """The matches that were found for no company before."""
    fresh = [match for match in result["results"] if match["company"]["name"] not in seen]
    seen.update(match["company"]["name"] for match in fresh)
    return {"results": fresh, "total_found": len(fresh)}


@router.post("/upload")
async def upload(request: Request, signed: Batcher) -> Upload:
    """Read a file of companies, for a batch to refer to."""
    async with _bounded(request).form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise HTTPException(422, "The file is missing: send it as the part 'file' of multipart/form-data")
        name = PurePath((file.filename or "").replace("\\", "/")).name
        kind = name.rpartition(".")[2].lower()
        if kind == OLD_WORKBOOK:
            raise HTTPException(400, "Workbooks of the old format .xls are not read: save the file as .xlsx")
        if kind not in ENDINGS:
            raise HTTPException(400, f"Files end in {', '.join('.' + ending for ending in ENDINGS)}")
        if reason := formats.lacking(kind):
            raise HTTPException(NOT_INSTALLED, reason)
        try:
            found = await run_in_threadpool(uploads.companies, file.file, kind)
        except uploads.UnreadableFileError as error:
            raise HTTPException(422, str(error)) from None
        size = file.size or 0
    file_id = f"file_{secrets.token_hex(10)}.{kind}"
    request.app.state.store.save_upload(file_id, signed.tenant, found)
    return Upload(
        file_id=file_id,
        filename=name,
        company_count=len(found),
        file_size=size,
        file_type=kind,
        preview=[CompanyInput(**company) for company in found[:PREVIEWED]],
        message=f"{len(found)} companies were read",
    )


def _bounded(request: Request) -> Request:
    """The request, of which no more is read than the greatest file, whatever length it claims."""
    read = 0

    async def receive() -> Any:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        if read > MOST_UPLOADED:
            raise HTTPException(413, f"The file has more than {MOST_UPLOADED // 1_000_000} MB")
        return message

    return Request(request.scope, receive)
