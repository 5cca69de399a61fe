"""What a load leaves as files: figures by step, by second, and the histograms, as CSV; all of it as JSON."""

from __future__ import annotations

import csv
import json
from typing import Any, TYPE_CHECKING

from theodore_load.recording import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from theodore_load.results import Result

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


def write(result: Result, folder: Path) -> list[Path]:
    """Write the files of a result into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = result.rows()
    seconds = result.by_second()
    paths = [folder / name for name in ("steps.csv", "seconds.csv", "histogram.csv", "result.json", "histogram.hlog")]
    _table(paths[0], list(rows[0]), ([row[name] for name in row] for row in rows))
    _table(paths[1], ["second", "ok", "errors", "bytes", "p50", "p95", "p99"], (list(row.values()) for row in seconds))
    _table(paths[2], ["step", "seconds", "count"], _buckets(result))
    paths[3].write_text(json.dumps(result.data(), indent=1) + "\n", encoding="utf-8")
    _log(paths[4], result)
    return paths


def _log(path: Path, result: Result) -> None:
    """The histogram of all requests as an HDR log, in seconds, for the tools that read these."""
    from hdrh.log import HistogramLogWriter

    began = round(result.began, 3)  # a reader skips what begins before the start
    with path.open("w", encoding="ascii") as file:
        writer = HistogramLogWriter(file)
        writer.output_comment("response times of all requests from their intended start")
        writer.output_log_format_version()
        writer.output_comment(f"[StartTime: {began:.3f} (seconds since epoch)]")
        writer.output_legend()
        writer.output_interval_histogram(result.total.response, began, began + result.seconds, MICROSECONDS)


def _buckets(result: Result) -> Iterable[Sequence[Any]]:
    for figures in (*result.steps, *result.journeys):
        for bucket in figures.response.get_recorded_iterator():
            yield figures.name, bucket.value_iterated_to / MICROSECONDS, bucket.count_at_value_iterated_to


def _table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        value = ", ".join(f"{name}: {count}" for name, count in value.items())
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else "" if value is None else value
