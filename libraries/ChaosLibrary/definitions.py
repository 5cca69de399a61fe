"""The experiments of experiments.yaml, and the meaning of an intensity for each kind of fault."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, TYPE_CHECKING

from ChaosLibrary.steady_state import SteadyStateProbe
from theodore_qa import paths
from theodore_qa.errors import unknown, UsageError
from theodore_qa.systems.files import read_yaml
from theodore_qa.timing import seconds

if TYPE_CHECKING:
    from pathlib import Path

FILE = "experiments.yaml"
QUICK_SHARE, QUICK_LEAST, QUICK_MOST = 0.1, 3.0, 6.0
MEANINGS = {
    "latency": "latency of 2000 ms * intensity on every answer, with a tenth of it as jitter",
    "reset": "connection reset (TCP RST) for this share of the connections",
    "swallow": "black hole: nothing comes back on this share of the connections",
    "hang": "HTTP fault: this share of the requests is never answered",
    "error": "HTTP fault: this share of the requests is answered 503",
    "malformed": "HTTP fault: this share of the answers is malformed JSON",
    "cut": "link down, whatever the intensity",
    "bandwidth": "bandwidth of 200 KB/s * (1 - intensity)",
    "memory": "memory headroom of 64 MB * (1 - intensity)",
    "starve": "CPU throttling: the process is stopped for this share of the time, 0.95 at most",
    "files": "headroom of 20 * (1 - intensity) file handles",
    "connections": "connection exhaustion: 500 * intensity idle connections",
    "kill": "the process is killed once, whatever the intensity",
    "pause": "the process is stopped, whatever the intensity",
}


@dataclass(frozen=True)
class Experiment:
    """An experiment: its probe, its faults, and its limits before, during and after them.

    Times are in seconds. ``success`` and ``ceiling`` describe the steady state (share of good probes, 95th percentile of their
    durations), ``operational`` and ``slowest`` the error budget during the fault, ``hold`` how long recovery has to last.
    """

    name: str
    title: str
    type: str
    faults: list[dict[str, str]]
    probe: SteadyStateProbe
    duration: float
    intensity: float
    recovery: float
    operational: float = 0.5
    success: float = 0.9
    ceiling: float = 5.0
    slowest: float = 20.0
    interval: float = 0.25
    hold: float = 2.0
    cool_down: float = 0.5
    groups: list[str] = field(default_factory=list)

    def quick(self) -> Experiment:
        """The same experiment with a tenth of the fault's duration, 3 to 6 seconds."""
        return replace(self, duration=min(QUICK_MOST, max(QUICK_LEAST, self.duration * QUICK_SHARE)))


def load(path: Path | None = None) -> dict[str, Experiment]:
    """All experiments by name.

    Raises:
        UsageError: there is no experiments.yaml, or it names an unknown fault or probe.
    """
    found = path or paths.find("variables", FILE)
    if found is None:
        raise UsageError(f"There is no {FILE} in variables/, and none came with the installation.")
    data = read_yaml(found)
    probes = {name: SteadyStateProbe.of(name, definition) for name, definition in data["probes"].items()}
    return {name: _experiment(name, definition, probes) for name, definition in data["experiments"].items()}


def named(name: str) -> Experiment:
    """The experiment of this name; raises ``UsageError`` for an unknown one."""
    known = load()
    if name not in known:
        raise unknown("experiment", name, known, FILE)
    return known[name]


def _experiment(name: str, definition: dict[str, Any], probes: dict[str, SteadyStateProbe]) -> Experiment:
    faults = definition["faults"]
    for fault in faults:
        if fault["kind"] not in MEANINGS:
            raise unknown("kind of fault", fault["kind"], MEANINGS, f"{FILE}, {name}")
    if definition["probe"] not in probes:
        raise unknown("probe", definition["probe"], probes, f"{FILE}, {name}")
    more: dict[str, Any] = {
        key: seconds(definition[key])
        for key in ("duration", "recovery", "ceiling", "slowest", "interval", "hold")
        if key in definition
    }
    more |= {key: definition[key] for key in ("operational", "success", "groups") if key in definition}
    return Experiment(
        name,
        definition["title"],
        definition["type"],
        faults,
        probes[definition["probe"]],
        intensity=float(definition["intensity"]),
        **more,
    )
