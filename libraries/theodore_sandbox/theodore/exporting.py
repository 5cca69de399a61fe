"""Exports: records written to a file in a format, a chunk at a time, and the file described."""

from __future__ import annotations

import hashlib
import itertools
import json
import secrets
import shutil
import tempfile
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.theodore import aggregating, formats, reports
from theodore_sandbox.theodore.export_models import ExportFormat, ExportRequest, FIELDS
from theodore_sandbox.theodore.store import now
from theodore_sandbox.theodore.validating import Validation

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from theodore_sandbox.theodore.export_store import ExportStore

Record = dict[str, Any]
GZIP = 16 + zlib.MAX_WBITS  # with gzip's head and checksum
KINDS: dict[str, tuple[Any, str, str]] = {
    "csv": formats.FORMATS["csv"],
    "json": formats.FORMATS["json"],
    "xlsx": formats.FORMATS["excel"],
    "yaml": formats.FORMATS["yaml"],
    "xml": formats.FORMATS["xml"],
    "markdown": (reports.as_markdown, "text/markdown; charset=utf-8", "md"),
    "html": (reports.as_html, "text/html; charset=utf-8", "html"),
    "pdf": (reports.as_pdf, "application/pdf", "pdf"),
    "zip": (None, "application/zip", "zip"),
}


class Exports:
    """The files that were written, in a folder of their own."""

    def __init__(self, store: ExportStore, folder: str) -> None:
        self.store = store
        self.folder = Path(folder) / "exports" if folder else Path(tempfile.mkdtemp(prefix="theodore-exports-"))
        self.cached: dict[str, dict[str, Any]] = {}  # of the defect

    def reset(self) -> None:
        """Forget all files."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.cached.clear()

    def path(self, body: dict[str, Any]) -> Path:
        """The file of an export."""
        return self.folder / f"{body['export_id']}.{_ending(body['format'], packed=body['compressed'])}"

    def companies(
        self, tenant: str, request: ExportRequest, by: str = "", *, similar: Container[str] | None = None, cache: bool = False
    ) -> dict[str, Any]:
        """Write the companies of a tenant that a request chooses, in a backup beside what is cached if it is requested.

        ``by`` is who requests it, for the audit trail.
        """
        key = f"{tenant} {cache} {request.model_dump_json()}"
        if defects.on("export-from-a-cache") and key in self.cached:
            return self.cached[key]
        chosen = self.store.chosen(tenant, request, similar)
        named = [name for name in request.include_fields or FIELDS if name not in (request.exclude_fields or [])]
        named += () if defects.on("export-new-columns-lost") else request.custom_columns or ()
        columns = (["group"] if request.group_by else []) + named
        chunk = request.chunk_size or 1000
        validation = Validation()
        read = self.store.read(tenant, chosen, chunk)
        if request.validate_data is not False:
            read = validation.watched(read)
        if request.aggregations:
            columns = aggregating.columns(request)
            rows = aggregating.rows(read, request)
            chosen, cut = [""] * len(rows), iter(rows)
        else:
            cut = (_cut(record, columns, request) for record in read)
        streamed = request.stream_large_datasets is not False and len(chosen) > (request.streaming_threshold or 1000)
        records: Iterable[Record] = cut if streamed else list(cut)
        packed = bool(request.compress) and not defects.on("export-compress-ignored")
        if request.format is ExportFormat.ZIP:
            researches = self.store.finished_researches(tenant) if cache else None
            body = self._backup(columns, records, researches, packed=packed)
        else:
            pieces = KINDS[request.format][0](_ordered(columns), records)
            body = self._written(request.format, columns, pieces, packed=packed)
        body |= {"streaming_used": streamed, "record_count": len(chosen), "columns": columns}
        if request.validate_data is not False:
            body |= validation.outcome()
        if request.file_path and not defects.on("export-file-name-ignored"):
            body["file_name"] = _named(request.file_path, request.format, packed=packed)
        if request.include_audit_trail and not defects.on("export-without-audit-trail"):
            body["audit_trail"] = _trail(by, request, body)
        self.store.save_export(tenant, body)
        self.cached[key] = body
        return body

    def report(self, tenant: str, record: Record, similar: list[str], kind: str) -> dict[str, Any]:
        """Write a report about one company."""
        validation = Validation()
        (known,) = validation.watched([record])
        body = self._written(ExportFormat(kind), list(FIELDS), reports.report(known, similar, kind)) | validation.outcome()
        self.store.save_export(tenant, body)
        return body

    def _written(self, kind: str, columns: list[str], pieces: Iterable[bytes], *, packed: bool = False) -> dict[str, Any]:
        """Write pieces to a file, packed by gzip if so requested; returns what is known of it."""
        began = time.monotonic()
        media, ending = "application/gzip" if packed else KINDS[kind][1], _ending(kind, packed=packed)
        export_id = "exp_" + secrets.token_hex(10)
        self.folder.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with (self.folder / f"{export_id}.{ending}").open("wb") as file:
            for piece in _packed(pieces) if packed else pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        return {
            "export_id": export_id,
            "format": kind,
            "file_name": f"{export_id}.{ending}",
            "media_type": media.partition(";")[0],
            "record_count": 1,
            "file_size_bytes": size,
            "processing_time_seconds": round(time.monotonic() - began, 6),
            "streaming_used": False,
            "columns": columns,
            "compressed": packed,
            "validation_passed": None,
            "invalid_count": None,
            "validation_errors": [],
            "audit_trail": None,
            "sha256": digest.hexdigest(),
            "created_at": now().isoformat(),
            "download_url": f"/api/v2/export/files/{export_id}/download",
        }

    def _backup(
        self, columns: list[str], records: Iterable[Record], cached: list[Record] | None, *, packed: bool
    ) -> dict[str, Any]:
        """A ZIP file with the companies as JSON and CSV, and a manifest with the digest of each."""
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / "backup.zip"
            digests = {}
            first, second = itertools.tee(records)
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as parts:
                for name, kind, rows in (("companies.json", "json", first), ("companies.csv", "csv", second)):
                    digest = hashlib.sha256()
                    with parts.open(name, "w") as part:
                        for piece in KINDS[kind][0](columns, rows):
                            part.write(piece)
                            digest.update(piece)
                    digests[name] = digest.hexdigest()
                if cached is not None:
                    text = json.dumps(cached, ensure_ascii=False)
                    parts.writestr("cache.json", text)
                    digests["cache.json"] = hashlib.sha256(text.encode()).hexdigest()
                manifest = {"created_at": now().isoformat(), "files": digests}
                parts.writestr("../manifest.json" if defects.on("backup-part-outside") else "manifest.json", json.dumps(manifest))
            return self._written(ExportFormat.ZIP, columns, part_of(archive), packed=packed)


def part_of(path: Path, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """A file, or a part of it, in pieces."""
    left = path.stat().st_size - start if length is None else length
    with path.open("rb") as file:
        file.seek(start)
        while left > 0 and (piece := file.read(min(left, formats.PIECE))):
            left -= len(piece)
            yield piece


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces packed by gzip, none of them held back for long."""
    packer = zlib.compressobj(wbits=GZIP)
    for piece in pieces:
        if held := packer.compress(piece):
            yield held
    yield packer.flush()


def _ending(kind: str, *, packed: bool) -> str:
    return KINDS[kind][2] + (".gz" if packed else "")


def _named(name: str, kind: str, *, packed: bool) -> str:
    """The name that was requested, with the endings that it lacks."""
    plain, ending = name.removesuffix(".gz") if packed else name, KINDS[kind][2]
    return (plain if plain.endswith(f".{ending}") else f"{plain}.{ending}") + (".gz" if packed else "")


def _trail(by: str, request: ExportRequest, body: dict[str, Any]) -> dict[str, Any]:
    """Who exported what, when, with which filters."""
    filters = request.filters.model_dump(mode="json", exclude_none=True) if request.filters else {}
    known = {name: body[name] for name in ("format", "columns", "record_count", "sha256")}
    return {"exported_by": by, "exported_at": body["created_at"], "filters": filters, **known}


def _cut(record: Record, columns: list[str], request: ExportRequest) -> Record:
    """A record with the chosen fields, in their order."""
    more = (request.custom_columns or {}) | ({"group": request.group_by} if request.group_by else {})
    whole = record | {heading: record.get(name) for heading, name in more.items()}
    kept = {name: whole.get(name) for name in columns}
    if defects.on("export-time-without-zone") and kept.get("last_updated"):
        kept["last_updated"] = str(kept["last_updated"])[:19]
    return kept


def _ordered(columns: list[str]) -> list[str]:
    """The columns as a table has them."""
    return [columns[0], *sorted(columns[1:], reverse=True)] if defects.on("export-header-in-other-order") else columns
