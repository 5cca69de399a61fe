"""The researches that this command line has started, a line for each, in ~/.theodore/history.jsonl."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from typing import Any, TYPE_CHECKING

from theodore_sandbox.cli import settings
from theodore_sandbox.cli.client import Api, NOT_FOUND
from theodore_sandbox.cli.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

LATEST = 50
LONGEST = 4096  # a line that is written at once


def path() -> Path:
    """Where the history is kept."""
    return settings.path().with_name("history.jsonl")


def keep(job: dict[str, Any]) -> None:
    """Add a research; where that is not possible the research itself goes on."""
    moment = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    line = json.dumps({"job_id": job["job_id"], "company_name": job.get("company_name"), "started": moment}) + "\n"
    with contextlib.suppress(OSError):
        path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode()[:LONGEST])
        finally:
            os.close(descriptor)


def latest() -> list[dict[str, Any]]:
    """The latest researches with their status as the API has it now, the latest first."""
    if not path().is_file():
        return []
    kept = []
    for line in path().read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            kept.append(json.loads(line))
    chosen = kept[-LATEST:][::-1]
    api = Api() if chosen else None
    return [entry | {"status": _status(api, entry)} for entry in chosen if api and isinstance(entry, dict)]


def _status(api: Api, entry: dict[str, Any]) -> str:
    try:
        return str(api.get(f"/research/{entry.get('job_id')}").get("status"))
    except RefusedError as error:
        if error.status == NOT_FOUND:
            return "not found"
        raise
