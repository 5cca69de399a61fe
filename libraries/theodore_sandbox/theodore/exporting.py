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
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.theodore import aggregating, formats, reports
from theodore_sandbox.theodore.export_models import ExportFormat, ExportRequest, FIELDS
from theodore_sandbox.theodore.store import now

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from theodore_sandbox.theodore.export_store import ExportStore

Record = dict[str, Any]
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
        return self.folder / f"{body['export_id']}.{KINDS[body['format']][2]}"

    def companies(
        self, tenant: str, request: ExportRequest, *, similar: Container[str] | None = None, cache: bool = False
    ) -> dict[str, Any]:
        """Write the companies of a tenant that a request chooses, in a backup beside what is cached if it is requested."""
        key = f"{tenant} {cache} {request.model_dump_json()}"
        if defects.on("export-from-a-cache") and key in self.cached:
            return self.cached[key]
        chosen = self.store.chosen(tenant, request, similar)
        named = [name for name in request.include_fields or FIELDS if name not in (request.exclude_fields or [])]
        named += () if defects.on("export-new-columns-lost") else request.custom_columns or ()
        columns = (["group"] if request.group_by else []) + named
        chunk = request.chunk_size or 1000
        read = self.store.read(tenant, chosen, chunk)
        if request.aggregations:
            columns = aggregating.columns(request)
            rows = aggregating.rows(read, request)
            chosen, cut = [""] * len(rows), iter(rows)
        else:
            cut = (_cut(record, columns, request) for record in read)
        streamed = request.stream_large_datasets is not False and len(chosen) > (request.streaming_threshold or 1000)
        records: Iterable[Record] = cut if streamed else list(cut)
        if request.format is ExportFormat.ZIP:
            body = self._backup(columns, records, self.store.finished_researches(tenant) if cache else None)
        else:
            body = self._written(request.format, columns, KINDS[request.format][0](_ordered(columns), records))
        body |= {"streaming_used": streamed, "record_count": len(chosen), "columns": columns}
        self.store.save_export(tenant, body)
        self.cached[key] = body
        return body

    def report(self, tenant: str, record: Record, similar: list[str], kind: str) -> dict[str, Any]:
        """Write a report about one company."""
        body = self._written(ExportFormat(kind), list(FIELDS), reports.report(record, similar, kind))
        self.store.save_export(tenant, body)
        return body

    def _written(self, kind: str, columns: list[str], pieces: Iterable[bytes]) -> dict[str, Any]:
        """Write pieces to a file; returns what is known of it."""
        began = time.monotonic()
        _, media, ending = KINDS[kind]
        export_id = "exp_" + secrets.token_hex(10)
        self.folder.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with (self.folder / f"{export_id}.{ending}").open("wb") as file:
            for piece in pieces:
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
            "validation_passed": size > 0,
            "sha256": digest.hexdigest(),
            "created_at": now().isoformat(),
            "download_url": f"/api/v2/export/files/{export_id}/download",
        }

    def _backup(self, columns: list[str], records: Iterable[Record], cached: list[Record] | None) -> dict[str, Any]:
        """A ZIP file with the companies as JSON and CSV, and a manifest with the digest of each."""
        with tempfile.TemporaryDirectory() as folder:
            packed = Path(folder) / "backup.zip"
            digests = {}
            first, second = itertools.tee(records)
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as parts:
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
            return self._written(ExportFormat.ZIP, columns, part_of(packed))


def part_of(path: Path, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """A file, or a part of it, in pieces."""
    left = path.stat().st_size - start if length is None else length
    with path.open("rb") as file:
        file.seek(start)
        while left > 0 and (piece := file.read(min(left, formats.PIECE))):
            left -= len(piece)
            yield piece


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
