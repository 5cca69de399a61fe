"""The experiments of experiments.yaml, and the meaning of an intensity for each kind of fault."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, TYPE_CHECKING

from ChaosLibrary.steady_state import CONCURRENT, SteadyStateProbe
from theodore_qa import paths
from theodore_qa.errors import unknown, UsageError
from theodore_qa.systems.files import read_yaml
from theodore_qa.timing import seconds

if TYPE_CHECKING:
    from pathlib import Path

FILE = "experiments.yaml"
QUICK_SHARE, QUICK_LEAST, QUICK_MOST = 0.1, 3.0, 6.0
TOP = ("probes", "experiments")
PROBE = ("request", "body", "follow", "until", "within", "status", "expect", "failed")
FAULT = ("kind", "target")
DURATIONS = ("duration", "recovery", "ceiling", "slowest", "interval", "hold", "cool_down")
NEEDED = ("title", "type", "faults", "probe", "duration", "intensity", "recovery")
OPTIONAL = ("operational", "success", "groups", "concurrent")
EXPERIMENT = (*NEEDED, *DURATIONS, *OPTIONAL)
MEANINGS = {
    "latency": "latency of 2000 ms * intensity on every answer, with a tenth of it as jitter",
    "reset": "connection reset (TCP RST) for this share of the connections",
    "swallow": "black hole: nothing comes back on this share of the connections",
    "hang": "HTTP fault: this share of the requests is never answered",
    "error": "HTTP fault: this share of the requests is answered 503",
    "malformed": "HTTP fault: this share of the answers is malformed JSON",
    "cut": "link down, whatever the intensity",
    "bandwidth": "bandwidth of 200 KB/s * (1 - intensity)",
    "memory": "memory headroom of 12 MB - 2 MB * intensity",
    "starve": "CPU throttling: the process is stopped for this share of the time, 0.95 at most",
    "files": "headroom of 20 * (1 - intensity) file handles, at least 1",
    "connections": "connection exhaustion: 500 * intensity idle connections",
    "kill": "the process is killed once, whatever the intensity; a fault after it hits the process that was started again",
    "pause": "the process is stopped, whatever the intensity",
}


@dataclass(frozen=True)
class Experiment:
    """An experiment: its probe, its faults, and its limits before, during and after them.

    Times are in seconds. ``success`` and ``ceiling`` describe the steady state (share of good probes, 95th percentile of their
    durations), ``operational`` and ``slowest`` the error budget during the fault, ``hold`` how long recovery has to last.
    ``concurrent`` is how many probes may be under way at once: more are, where the machine is slow, and each takes memory.
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
    concurrent: int = CONCURRENT
    hold: float = 2.0
    cool_down: float = 0.5
    groups: list[str] = field(default_factory=list)

    def quick(self) -> Experiment:
        """The same experiment with a tenth of the fault's duration, 3 to 6 seconds."""
        return replace(self, duration=min(QUICK_MOST, max(QUICK_LEAST, self.duration * QUICK_SHARE)))


def load(path: Path | None = None) -> dict[str, Experiment]:
    """All experiments by name.

    Raises:
        UsageError: there is no experiments.yaml, or it has an unknown or missing entry, or names an unknown fault or probe.
    """
    data = _read(path)
    known = _probes(data)
    return {name: _experiment(name, definition, known) for name, definition in _entries(data, "experiments").items()}


def probes() -> dict[str, SteadyStateProbe]:
    """All probes by name; raises ``UsageError`` as :func:`load` does."""
    return _probes(_read(None))


def named(name: str) -> Experiment:
    """The experiment of this name; raises ``UsageError`` for an unknown one."""
    known = load()
    if name not in known:
        raise unknown("experiment", name, known, FILE)
    return known[name]


def _read(path: Path | None) -> dict[str, Any]:
    found = path or paths.find("variables", FILE)
    if found is None:
        raise UsageError(f"There is no {FILE} in variables/, and none came with the installation.")
    data = read_yaml(found)
    _check(data, TOP, (), FILE)
    return data


def _entries(data: dict[str, Any], section: str) -> dict[str, Any]:
    entries = data.get(section, {})
    if not isinstance(entries, dict):
        raise UsageError(f"The entry '{section}' of {FILE} is no mapping of names to entries.")
    return entries


def _probes(data: dict[str, Any]) -> dict[str, SteadyStateProbe]:
    for name, definition in _entries(data, "probes").items():
        _check(definition, PROBE, ("request",), f"{FILE}, probe {name}")
    return {name: SteadyStateProbe.of(name, definition) for name, definition in _entries(data, "probes").items()}


def _check(definition: Any, known: tuple[str, ...], needed: tuple[str, ...], where: str) -> None:
    """Raise ``UsageError`` for an entry that is no mapping, that has an unknown key, or lacks one."""
    if not isinstance(definition, dict):
        raise UsageError(f"The entry {where} is {definition!r}, expected a mapping with {', '.join(known)}.")
    for key in definition:
        if key not in known:
            raise unknown("key", str(key), known, where)
    for key in needed:
        if key not in definition:
            raise UsageError(f"The key '{key}' is missing in {where}.")


def _experiment(name: str, definition: Any, probes: dict[str, SteadyStateProbe]) -> Experiment:
    where = f"{FILE}, experiment {name}"
    _check(definition, EXPERIMENT, NEEDED, where)
    faults = definition["faults"]
    if not isinstance(faults, list) or not faults:
        raise UsageError(f"The faults in {where} are {faults!r}, expected a list of faults with kind and target.")
    for fault in faults:
        _check(fault, FAULT, FAULT, f"{where}, fault")
        if fault["kind"] not in MEANINGS:
            raise unknown("kind of fault", fault["kind"], MEANINGS, where)
    if definition["probe"] not in probes:
        raise unknown("probe", definition["probe"], probes, where)
    if not 0 <= float(definition["intensity"]) <= 1:
        raise UsageError(f"The intensity in {where} is {definition['intensity']}, expected 0 to 1.")
    more: dict[str, Any] = {key: seconds(definition[key]) for key in DURATIONS if key in definition}
    more |= {key: definition[key] for key in OPTIONAL if key in definition}
    concurrent = more.get("concurrent", 1)
    if not isinstance(concurrent, int) or not 1 <= concurrent <= CONCURRENT:
        raise UsageError(f"The number of concurrent probes in {where} is {concurrent}, expected 1 to {CONCURRENT}.")
    if not more["duration"]:
        raise UsageError(f"The duration in {where} is 0, expected more: a fault of no duration disturbs nothing.")
    return Experiment(
        name,
        definition["title"],
        definition["type"],
        faults,
        probes[definition["probe"]],
        intensity=float(definition["intensity"]),
        **more,
    )
