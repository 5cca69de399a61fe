"""Baselines: what benchmarks took in earlier runs, as a trend. They gate nothing: another session differs by itself."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import os
import platform
import re
from pathlib import Path
from typing import Any, TYPE_CHECKING

from LoadLibrary import trend
from theodore_qa import paths
from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

UPDATE = "THEODORE_BASELINE_UPDATE"
BUILD = "THEODORE_BUILD"
MOST = 200  # entries of a file
FIELDS = {"moment": str, "machine": str, "build": str, "mean": float, "median": float, "n": int}


def machine() -> str:
    """A fingerprint of the kind of machine: processor, cores, memory and system, and no name of it."""
    import psutil

    model = ""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), "")
    except OSError:
        model = platform.processor()
    memory = round(psutil.virtual_memory().total / 2**30)
    text = f"{model}|{os.cpu_count()}|{memory} GB|{platform.system()} {platform.machine()}"
    return hashlib.blake2s(text.encode(), digest_size=4).hexdigest()


def file_of(benchmark: str) -> Path:
    """The file of a benchmark."""
    return paths.project() / "variables" / "baselines" / f"{re.sub(r'[^A-Za-z0-9]+', '_', benchmark).strip('_').lower()}.json"


def read(benchmark: str) -> list[dict[str, Any]]:
    """The entries of a benchmark, the oldest first; none without a file.

    Raises:
        UsageError: The file holds something else.
    """
    path = file_of(benchmark)
    if not path.is_file():
        return []
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        good = isinstance(entries, list) and all(
            isinstance(entry, dict) and all(isinstance(entry.get(name), kind) for name, kind in FIELDS.items())
            for entry in entries
        )
    except ValueError:
        good = False
    if not good:
        raise UsageError(
            f"The baseline in {path.name} holds no entries of a benchmark: remove it, or run with --baseline-update."
        )
    return list(entries)


def entry(durations: Sequence[float]) -> dict[str, Any]:
    """What a run took, as an entry."""
    import statistics

    moment = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    mean, median = statistics.fmean(durations), statistics.median(durations)
    known = {"moment": moment, "machine": machine(), "build": os.environ.get(BUILD, "")}
    return known | {"mean": round(mean, 6), "median": round(median, 6), "n": len(durations)}


def uncertainty(durations: Sequence[float]) -> tuple[float, float]:
    """The standard deviation, and half the interval of the mean at 95 % (Student)."""
    import statistics

    spread = statistics.stdev(durations)
    return spread, trend.quantile(0.975, len(durations) - 1) * spread / math.sqrt(len(durations))


def update(benchmark: str, made: dict[str, Any]) -> Path:
    """Add an entry to the file of a benchmark, whole or not at all."""
    path = file_of(benchmark)
    entries = [*read(benchmark), made][-MOST:]
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)
    return path


def requested() -> bool:
    """Whether the run is to update baselines."""
    return bool(os.environ.get(UPDATE))
