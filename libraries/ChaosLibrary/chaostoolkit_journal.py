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

    from ChaosLibrary.definitions import Experiment
    from ChaosLibrary.runner import Result
    from theodore_qa.faults.agent_client import Fault

# A journal knows no verdict that is neither good nor bad: what could not be evaluated was aborted.
STATUSES = {"PASS": "completed", "FAIL": "failed"}
ABORTED = "aborted"


def journal(result: Result, verdict: str) -> dict[str, Any]:
    """The plan of an experiment, its actions with their times, and its steady states; durations are in seconds."""
    import platform
    from importlib.metadata import version

    samples = [*result.before, *result.during, *result.after]
    end = max((sample.began + sample.took for sample in samples), default=result.began)
    return {
        "chaoslib-version": f"robotframework-theodore {version('robotframework-theodore')}",
        "platform": platform.platform(),
        "node": "",
        "experiment": _plan(result.experiment),
        "start": _time(result.began),
        "end": _time(end),
        "duration": end - result.began,
        "status": STATUSES.get(verdict, ABORTED),
        "deviated": verdict == "FAIL",
        "steady_states": {
            "before": _steady(result, "before"),
            "during": [_steady(result, "during")],
            "after": _steady(result, "after"),
        },
        "run": [_action(fault) for fault in result.faults],
        "resources": _resources(result),
        "rollbacks": [_rollback(fault, fault.undone) for fault in result.faults if fault.undone],
    }


def write(result: Result, verdict: str, folder: Path) -> Path:
    """Write the journal into a folder; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.experiment.name}-{result.began:.0f}.json"
    path.write_text(redact(json.dumps(journal(result, verdict), indent=2, default=str)), encoding="utf-8")
    return path


def _plan(experiment: Experiment) -> dict[str, Any]:
    return {
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
    }


def _action(fault: Fault) -> dict[str, Any]:
    """A fault as it was injected; one that was never undone has no duration of its own."""
    end = fault.undone or fault.injected
    return {
        "activity": {"type": "action", "name": str(fault)},
        "start": _time(fault.injected),
        "end": _time(end),
        "duration": end - fault.injected,
        "status": "succeeded",
        "output": fault.exposure,
    }


def _rollback(fault: Fault, undone: float) -> dict[str, Any]:
    return {"activity": {"type": "action", "name": f"undo {fault}"}, "end": _time(undone), "status": "succeeded"}


def _resources(result: Result) -> dict[str, Any]:
    usage = result.usage
    if usage is None:
        return {"process": "", "samples": [], "reason": ""}
    return {"process": usage.process, "samples": [asdict(sample) for sample in usage.samples], "reason": usage.reason}


def _steady(result: Result, when: str) -> dict[str, Any]:
    samples = getattr(result, when)
    reason = deviation(result.experiment, samples)
    return {"steady_state_met": not reason, "why_not": reason, "probes": [{"output": counts(samples), "status": "succeeded"}]}


def _time(moment: float) -> str:
    return dt.datetime.fromtimestamp(moment, dt.UTC).isoformat()
