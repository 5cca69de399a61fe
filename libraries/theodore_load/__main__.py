"""``python -m theodore_load SCENARIO.yaml``: runs a scenario and prints its figures."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from theodore_load import artefacts, engine, on_locust, scenario
from theodore_load.live import LiveFigures
from theodore_load.on_locust import exporting
from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from types import FrameType

    from theodore_load.results import Result

PASSED, FAILED, USAGE, NOT_EVALUATED = 0, 1, 2, 3
COLUMNS = ("step", "count", "errors", "rate", "mean", "p50", "p95", "p99", "p99.9", "max")


def main() -> int:
    """Run it; the exit code is 0 for no errors, 1 for errors, 2 for a mistake in the scenario, 3 for nothing that counts."""
    parser = argparse.ArgumentParser(prog="python -m theodore_load", description="Run a load and print its figures.")
    parser.add_argument("scenario", type=Path, help="the scenario, a YAML file")
    parser.add_argument("--results", type=Path, help="also write CSV and JSON into this folder")
    parser.add_argument("--locust", metavar="HOST:PORT", help="send it by the workers of a Locust master that listens here")
    parser.add_argument("--workers", type=int, default=1, help="how many workers of Locust are waited for")
    parser.add_argument("--locustfile", type=Path, help="write the scenario as a locustfile, and send nothing")
    options = parser.parse_args()
    stopping: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        stopping.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        whole = scenario.load(options.scenario)
        if options.locustfile:
            options.locustfile.write_text(exporting.locustfile(whole, options.locustfile.name), encoding="utf-8")
            return PASSED
        locust = on_locust.addresses(options.locust, options.workers) if options.locust else None
        with LiveFigures(options.scenario.stem, whole.duration) as live:
            result = engine.run(whole, interrupted=lambda: bool(stopping), progress=live, locust=locust)
    except QaError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    sys.stdout.write(text(result) + "\n")
    if options.results:
        artefacts.write(result, options.results)
    if result.partial or result.saturated or not sum(figures.checked for figures in result.steps):
        return NOT_EVALUATED
    return FAILED if sum(sum(figures.errors.values()) for figures in result.steps) or result.unsent else PASSED


def text(result: Result) -> str:
    """The figures as a table, and what has to be known beside them."""
    rows = [COLUMNS, *(tuple(_figure(row[name], name) for name in COLUMNS) for row in result.rows())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.append(result.scenario.model + ".")
    for figures in result.steps:
        lines += [f"{figures.name}: {count} x {kind}: {figures.examples[kind]}" for kind, count in figures.errors.items()]
    lines += [f"Not sent: {count} ({cause})." for cause, count in result.unsent.items()]
    if result.partial:
        lines.append(f"PARTIAL: {result.partial}.")
    if result.saturated:
        lines.append(f"NOT EVALUATED: the client was saturated: {result.saturated}.")
    elif not sum(figures.checked for figures in result.steps):
        lines.append("NOT EVALUATED: no answer came that was checked and is what was expected.")
    return "\n".join(lines)


def _figure(value: object, name: str) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.1f}/s" if name == "rate" else f"{value * 1000:.1f} ms"
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
