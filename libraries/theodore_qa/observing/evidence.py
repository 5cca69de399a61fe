"""The evidence of a run: JSON lines that each process writes beside the others, merged and judged afterwards."""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
import json
import os
import secrets
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, IO

from theodore_qa.redaction.secrets import redact

WITHHELD = "(withheld: redaction failed)"
RUN_VARIABLE = "THEODORE_RUN"
FOLDER_VARIABLE = "THEODORE_EVIDENCE"
PROFILE_VARIABLE = "THEODORE_PROFILE"
ROOT_VARIABLE = "THEODORE_SUITE_ROOT"
NO_TEST = ("", 0, "")
MANY = 10_000  # observations
_SEAL_KEY = ', "seal": '


def new_run_id() -> str:
    """An identifier for a run that sorts by time and is never given twice."""
    return f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


class Writer:
    """Appends the records of this process to ``<folder>/<run>/<pid>-<start>.jsonl``, each line complete and flushed."""

    def __init__(self, folder: Path, run: str) -> None:
        self.run = run
        self.folder = folder / run
        self._file: IO[str] | None = None
        self._seal = ""

    def write(self, kind: str, **fields: Any) -> None:
        """Append one record."""
        if self._file is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{os.getpid()}-{time.time_ns() // 1_000_000}.jsonl"
            self._file = path.open("a", encoding="utf-8")
        record = {"type": kind, "run": self.run, "time": dt.datetime.now(dt.UTC).isoformat()} | _redacted(fields)
        text = json.dumps(record, ensure_ascii=False, default=str)
        self._seal = _seal(self._seal, text)
        self._file.write(f'{text[:-1]}{_SEAL_KEY}"{self._seal}"}}\n')
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
            self._file = None
            self._seal = ""


def _seal(before: str, text: str) -> str:
    """What binds a record to the one before it: whoever edits a line breaks it."""
    return hashlib.blake2s(f"{before}{text}".encode(errors="replace"), digest_size=8).hexdigest()


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return redact(value)
        except Exception:  # noqa: BLE001  # whatever it was, the text must not pass
            return WITHHELD
    if isinstance(value, dict):
        return {key: _redacted(item) for key, item in value.items()}
    return [_redacted(item) for item in value] if isinstance(value, list | tuple) else value


def writer(output_dir: Path) -> Writer:
    """The writer of this process; a run that ``theodore test`` did not start gets an identifier of its own."""
    folder = os.environ.get(FOLDER_VARIABLE)
    run = os.environ.get(RUN_VARIABLE) or new_run_id()
    return Writer(Path(folder) if folder else output_dir / "evidence", run)


@dataclass
class Evidence:
    """What the processes of a run wrote, and what is wrong with it."""

    tests: list[dict[str, Any]] = field(default_factory=list)
    started: list[dict[str, Any]] = field(default_factory=list)
    observations: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    attacks: list[dict[str, Any]] = field(default_factory=list)  # and what each of them could not try
    failures: list[str] = field(default_factory=list)
    suites: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    environments: list[dict[str, Any]] = field(default_factory=list)
    processes: int = 0

    def add(self, other: Evidence) -> None:
        """Take in what the processes of another run wrote."""
        for name in ("tests", "started", "observations", "findings", "attacks", "failures", "suites", "problems", "environments"):
            getattr(self, name).extend(getattr(other, name))
        self.processes += other.processes

    def verdicts(self) -> Counter[str]:
        """How many tests ended with each verdict."""
        return Counter(test["verdict"] for test in self.tests)


def read(folder: Path, run: str) -> Evidence:
    """Read the evidence of ``run`` below ``folder``; torn lines and records of another run become problems."""
    evidence, collects = Evidence(), gc.isenabled()
    gc.disable()  # so many records are made here, none is garbage, and each search for some looks at all of them
    try:
        for path in sorted((folder / run).glob("*.jsonl")):
            _read_file(evidence, path, run)
    finally:
        if collects:
            gc.enable()
    if len(evidence.observations) > MANY:
        gc.freeze()  # the records stay to the end of the run, and need not be looked at for garbage
    return evidence


def _read_file(evidence: Evidence, path: Path, run: str) -> None:
    """Take in the records of one process."""
    evidence.processes += 1
    lines = _lines(path)
    evidence.problems += _broken_seals(lines, path.name)
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            record = _decoded(line)
        except ValueError:
            last = number >= len(lines) - 1
            what = "its last line is torn: the process was cut off" if last else f"line {number} is not JSON"
            evidence.problems.append(f"The evidence file {path.name} is damaged: {what}.")
            continue
        _sort_in(evidence, record, run, path.name)


def _lines(path: Path) -> list[bytes]:
    """The lines of a file; what is not UTF-8 in them is replaced."""
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        content = content.decode("utf-8", "replace").encode("utf-8")
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")


def _decoded(line: bytes) -> Any:
    """A record; by the faster of two readers where that can read it."""
    import msgspec

    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:  # such as NaN, which is no JSON
        return json.loads(line)


def _broken_seals(lines: list[bytes], name: str) -> list[str]:
    """A sentence for the first record that does not follow from those before it."""
    before, key = b"", _SEAL_KEY.encode()
    for number, line in enumerate(lines, 1):
        text, _, seal = line.rpartition(key)
        if not line or (number >= len(lines) - 1 and not line.endswith(b'"}')):  # a torn line is reported as such
            continue
        before = hashlib.blake2s(before + text + b"}", digest_size=8).hexdigest().encode()
        if seal != b'"' + before + b'"}':
            return [f"The evidence file {name} was changed: its line {number} does not follow from the lines before it."]
    return []


def _sort_in(evidence: Evidence, record: dict[str, Any], run: str, name: str) -> None:
    if record.get("run") != run:
        evidence.problems.append(f"The evidence file {name} holds a record of another run, {record.get('run')}: refused.")
    elif record["type"] == "test":
        evidence.tests.append(record)
    elif record["type"] == "start":
        evidence.started.append(record)
    elif record["type"] == "observation":
        evidence.observations.append(record)
    elif record["type"] == "finding":
        evidence.findings.append(record["finding"])
    elif record["type"] == "attack":
        evidence.attacks.append(record["attack"])
    elif record["type"] == "environment":
        evidence.environments.append(record)
    elif record["type"] == "suite":
        evidence.suites.append(record)
    elif record["type"] == "failure":
        evidence.failures.append(record["what"])


def identity(record: dict[str, Any]) -> tuple[str, int, str]:
    """What identifies a test: its source below the suite root, its line and its name."""
    return record["source"], record["line"], record["name"]


def relative(source: str | Path | None, root: str | Path | None) -> str:
    """A source path as it is written in records: below the suite root, with forward slashes."""
    if source is None:
        return ""
    return _below(str(source), str(os.environ.get(ROOT_VARIABLE) or root or ""))


@lru_cache(maxsize=4096)
def _below(source: str, root: str) -> str:
    path, base = Path(source), Path(root)
    folder = base if base.is_dir() else base.parent
    return path.relative_to(folder).as_posix() if root and path.is_relative_to(folder) else path.name


def platform() -> dict[str, Any]:
    """Where a process ran, without names of machines or users."""
    return {"python": sys.version.split()[0], "platform": sys.platform, "pid": os.getpid()}
