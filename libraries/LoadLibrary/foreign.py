"""Results of other tools: pytest-benchmark's JSON, k6's summary and JMeter's JTL, read into one form."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

ALL = "all requests"
STATISTICS = ("mean", "min", "p50", "p90", "p95", "p99", "max")
PERCENTS = {"p50": 50, "p90": 90, "p95": 95, "p99": 99}
MOST_BYTES = 500_000_000
MILLISECONDS = 1000
K6 = {"avg": "mean", "min": "min", "med": "p50", "p(90)": "p90", "p(95)": "p95", "p(99)": "p99", "max": "max"}


@dataclass(frozen=True)
class ForeignFigures:
    """What another tool measured of a step: times in seconds, as far as its file has them."""

    name: str
    count: int
    errors: int | None
    times: dict[str, float] = field(default_factory=dict)


def read(path: Path) -> list[ForeignFigures]:
    """The figures in a file, by what it holds and not by its name.

    Raises:
        UsageError: It cannot be read, is of none of these tools, or measured nothing.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"The results in {path} have more than {MOST_BYTES} bytes: cut them.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"The results in {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"The results in {path} cannot be read: they are not written in UTF-8.") from None
    try:
        found = _from_text(text)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        found = None
    if found is None:
        raise UsageError(
            f"The file {path.name} is no result of pytest-benchmark (JSON), k6 (summary) or JMeter (JTL as CSV or XML)."
        )
    if not sum(figures.count for figures in found):
        raise UsageError(f"The results in {path.name} measured nothing.")
    return found


def _from_text(text: str) -> list[ForeignFigures] | None:
    import csv

    start = text.lstrip()[:1]
    if start == "{":
        tree = json.loads(text)
        if "benchmarks" in tree:
            return [_benchmark(entry) for entry in tree["benchmarks"]]
        return [_k6(tree["metrics"])] if "metrics" in tree else None
    return _jtl(_xml_rows(text) if start == "<" else list(csv.DictReader(text.splitlines())))


def _benchmark(entry: dict[str, Any]) -> ForeignFigures:
    """A benchmark of pytest; a time is that of a round."""
    stats = entry["stats"]
    times = {"mean": stats["mean"], "min": stats["min"], "p50": stats["median"], "max": stats["max"]}
    if data := stats.get("data"):
        times |= _percentiles([float(value) for value in data])
    return ForeignFigures(str(entry["name"]), int(stats["rounds"]), 0, {name: _number(value) for name, value in times.items()})


def _k6(metrics: dict[str, Any]) -> ForeignFigures:
    """The summary that k6 exports, or prints by ``handleSummary``, which puts values one level deeper."""
    values = {name: metric.get("values", metric) for name, metric in metrics.items()}
    durations = values["http_req_duration"]
    times = {K6[name]: _number(value) / MILLISECONDS for name, value in durations.items() if name in K6}
    count = int(values["http_reqs"]["count"])
    failed = values.get("http_req_failed")
    share = None if failed is None else failed.get("rate", failed.get("value"))
    errors = None if share is None else round(_number(share) * count)
    return ForeignFigures(ALL, count, errors, times)


def _xml_rows(text: str) -> list[dict[str, str]]:
    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, DefusedXmlException):
        raise ValueError from None
    return [
        {"elapsed": sample.attrib["t"], "label": sample.attrib["lb"], "success": sample.attrib["s"]}
        for sample in root
        if sample.tag in ("httpSample", "sample")
    ]


def _jtl(rows: list[dict[str, str]]) -> list[ForeignFigures] | None:
    """JMeter's samples; percentiles are nearest ranks over all of them, a failed one counting as never answered."""
    if not rows:
        return None
    by_name: dict[str, list[tuple[float, bool]]] = {}
    for row in rows:
        sample = float(row["elapsed"]) / MILLISECONDS, _success(row["success"])
        by_name.setdefault(row["label"], []).append(sample)
        by_name.setdefault(ALL, []).append(sample)
    return [_of_samples(name, samples) for name, samples in by_name.items()]


def _success(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _of_samples(name: str, samples: list[tuple[float, bool]]) -> ForeignFigures:
    good = [_number(seconds) for seconds, success in samples if success]
    failed = len(samples) - len(good)
    times = {"mean": sum(good) / len(good), "min": min(good)} if good else {}
    ranked = _percentiles([*good, *[math.inf] * failed])
    return ForeignFigures(name, len(samples), failed, times | {key: value for key, value in ranked.items() if value < math.inf})


def _percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    ranks = {name: ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)] for name, percent in PERCENTS.items()}
    return ranks | {"max": ordered[-1]}


def _number(value: Any) -> float:
    number = float(value)
    if not 0 <= number < math.inf:
        raise ValueError(value)
    return number
