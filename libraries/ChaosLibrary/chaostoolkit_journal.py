"""The journal of an experiment in the format of Chaos Toolkit, for tools that read it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from typing import Any, TYPE_CHECKING

from ChaosLibrary.runner import counts, deviation
from theodore_qa.redaction.secrets import redact

if TYPE_CHECKING:
    from pathlib import Path

    from ChaosLibrary.runner import Result


def journal(result: Result, verdict: str) -> dict[str, Any]:
    """The plan of an experiment, its actions with their times, and its steady states."""
    import platform
    from importlib.metadata import version

    experiment = result.experiment
    ends = max([sample.began + sample.took for sample in (*result.before, *result.during, *result.after)], default=result.began)
    return {
        "chaoslib-version": f"robotframework-theodore {version('robotframework-theodore')}",
        "platform": platform.platform(),
        "node": "",
        "experiment": {
            "version": "1.0.0",
            "title": experiment.title,
            "description": experiment.name,
            "tags": [experiment.type, *experiment.groups],
            "steady-state-hypothesis": {
                "title": f"{experiment.success:.0%} of the probes are good, the 95th percentile at most {experiment.ceiling:g} s",
                "probes": [{"type": "probe", "name": experiment.probe.name, "provider": asdict(experiment.probe)}],
            },
            "method": [{"type": "action", "name": fault["kind"], "provider": fault} for fault in experiment.faults],
            "rollbacks": [{"type": "action", "name": f"undo {fault['kind']}"} for fault in experiment.faults],
        },
        "start": _time(result.began),
        "end": _time(ends),
        "duration": ends - result.began,
        "status": {"PASS": "completed", "FAIL": "failed"}.get(verdict, "aborted"),
        "deviated": verdict == "FAIL",
        "steady_states": {
            "before": _steady(result, "before"),
            "during": [_steady(result, "during")],
            "after": _steady(result, "after"),
        },
        "run": [
            {
                "activity": {"type": "action", "name": str(fault)},
                "start": _time(fault.injected),
                "end": _time(fault.undone or fault.injected),
                "duration": (fault.undone or fault.injected) - fault.injected,
                "status": "succeeded",
                "output": fault.exposure,
            }
            for fault in result.faults
        ],
        "resources": {
            "process": result.usage.process if result.usage else "",
            "samples": [asdict(usage) for usage in result.usage.samples] if result.usage else [],
            "reason": result.usage.reason if result.usage else "",
        },
        "rollbacks": [
            {"activity": {"type": "action", "name": f"undo {fault}"}, "end": _time(fault.undone or 0), "status": "succeeded"}
            for fault in result.faults
            if fault.undone
        ],
    }


def write(result: Result, verdict: str, folder: Path) -> Path:
    """Write the journal into a folder; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.experiment.name}-{result.began:.0f}.json"
    path.write_text(redact(json.dumps(journal(result, verdict), indent=2, default=str)), encoding="utf-8")
    return path


def _steady(result: Result, when: str) -> dict[str, Any]:
    samples = getattr(result, when)
    reason = deviation(result.experiment, samples)
    return {"steady_state_met": not reason, "why_not": reason, "probes": [{"output": counts(samples), "status": "succeeded"}]}


def _time(moment: float) -> str:
    return dt.datetime.fromtimestamp(moment, dt.UTC).isoformat()
