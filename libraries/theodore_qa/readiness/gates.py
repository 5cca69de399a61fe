"""Quality gates: what they demand, and what a run says of each of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TYPE_CHECKING

from theodore_qa.readiness.files import read_checked
from theodore_qa.readiness.values import written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from theodore_qa.readiness.located import LocatedTest
    from theodore_qa.readiness.waivers import GateWaiver

SCHEMA = "gates.schema.json"
PASS, FAIL, NOT_EVALUATED = "PASS", "FAIL", "NOT EVALUATED"


@dataclass(frozen=True)
class Gate:
    """What a release has to show; the schema of gates.yaml describes the entries."""

    id: str
    title: str
    source: str
    measure: str
    operator: str
    threshold: float
    unit: str
    critical: bool = False
    minimum: int = 1
    aggregate: str = "maximum"
    bound: str = "lower"
    input: str = ""
    suites: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()

    @property
    def demand(self) -> str:
        """The condition, as a reader sees it."""
        if self.measure == "value" and self.aggregate == "mean":
            return f"mean {self.operator} {written(self.threshold, self.unit)}"
        return f"{'' if self.operator == '==' else f'{self.operator} '}{written(self.threshold, self.unit)}"

    @property
    def fed_by(self) -> str:
        """The tests and checks that feed it, as a reader sees them."""
        if self.measure == "input":
            return f"--gate-input {self.input}=FILE"
        if self.measure == "attestation":
            return "a signed attestation"
        tagged = f" tagged {' or '.join(self.tags)}" if self.tags else ""
        checks = f", checks {', '.join(self.checks)}" if self.checks else ""
        return f"tests of {', '.join(f'suites/{name}' for name in self.suites)}{tagged}{checks}"

    def reads(self, check: str) -> bool:
        """Whether observations of a check feed it."""
        return any(fnmatchcase(check, pattern) for pattern in self.checks)

    def takes(self, test: LocatedTest) -> bool:
        """Whether a test feeds it."""
        if test.folder not in self.suites:
            return False
        return (not self.tags or test.has(self.tags)) and not (self.without and test.has(self.without))


@dataclass(frozen=True)
class GateResult:
    """What a run says of a gate.

    Attributes:
        gate: it is about.
        verdict: PASS, FAIL or NOT EVALUATED.
        measured: the value with its unit; empty if there is none.
        n: the number of values that it rests on.
        bounds: of a share, one-sided, at 95 %; None for other values.
        reason: why the verdict is not PASS.
        tests: that feed the gate.
        waiver: that the environment has for it.
        waived_by_environment: entries in ``not_available`` that alone kept it from being evaluated.
    """

    gate: Gate
    verdict: str
    measured: str = ""
    n: int = 0
    bounds: tuple[float, float] | None = None
    reason: str = ""
    tests: tuple[LocatedTest, ...] = field(default=(), repr=False)
    waiver: GateWaiver | None = None
    waived_by_environment: tuple[str, ...] = ()

    @property
    def waived(self) -> str:
        """Why it may stay without evaluation; empty if it may not."""
        if self.verdict != NOT_EVALUATED:
            return ""
        if self.waiver and self.waiver.in_force:
            return str(self.waiver)
        return "; ".join(self.waived_by_environment)

    @property
    def sentence(self) -> str:
        """What is wrong with it, in one sentence."""
        measured = f", observed {self.measured} (n {self.n})" if self.measured else ""
        return f"the gate {self.gate.id} ({self.gate.title}): expected {self.gate.demand}{measured}; {self.reason}"


def read(path: Path) -> dict[str, Gate]:
    """The gates in a file by their ids.

    Raises:
        UsageError: the file is not valid.
    """
    return {name: _gate(name, entry) for name, entry in read_checked(path, SCHEMA)["gates"].items()}


def deviations(own: Mapping[str, Gate], shipped: Mapping[str, Gate]) -> list[str]:
    """What a project's gates demand otherwise than the shipped ones: a sentence for each that is gone or is another."""
    found = [f"The gate {name} is not among the gates of this project." for name in shipped if name not in own]
    for name, gate in own.items():
        if name in shipped and gate != shipped[name]:
            before = asdict(shipped[name])
            changed = [f"{key} {before[key]} → {value}" for key, value in asdict(gate).items() if value != before[key]]
            found.append(f"The gate {name} is another than the shipped one: {', '.join(changed)}.")
    return found


def _gate(name: str, entry: dict[str, Any]) -> Gate:
    fields: dict[str, Any] = {key: value for key, value in entry.items() if key != "from"}
    fields |= {key: tuple(value) for key, value in entry.get("from", {}).items()}
    return Gate(id=name, **fields)
