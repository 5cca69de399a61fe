"""Gates and readiness of a finished run, as the options of the command name their files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from theodore_qa import paths as product
from theodore_qa.errors import unknown
from theodore_qa.readiness import attestations, catalogue, controls, files, gates, located, measuring, score, waivers, weights
from theodore_qa.readiness.zap import ZapReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from theodore_qa.readiness.measuring import ReportValue
    from theodore_qa.run.finished import FinishedRun

ALL = "all"


@dataclass(frozen=True)
class Demands:
    """What a run is held to; read before it starts, so that a mistake in a file costs no run.

    Attributes:
        gates: by their ids.
        weights: of the areas.
        waivers: by the gates that they are about.
        requested: ids of the gates that must not stay without evaluation.
        files: that all this was read from, with their digests then.
        deviations: what the gates demand otherwise than the shipped ones.
        inputs: what reports of other tools say.
        controls: of standards, with the tests that speak to them.
        reports: files of other tools that the inputs come from.
    """

    gates: Mapping[str, gates.Gate]
    weights: weights.Weights
    waivers: Mapping[str, waivers.GateWaiver]
    requested: frozenset[str]
    files: Mapping[Path, str]
    deviations: tuple[str, ...] = ()
    inputs: Mapping[str, ReportValue | ZapReport] = field(default_factory=dict)
    controls: catalogue.Catalogue = field(default_factory=lambda: catalogue.Catalogue({}, {}))
    reports: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Assessment:
    """What a run says of all gates, and its score."""

    gates: tuple[gates.GateResult, ...]
    readiness: score.Readiness
    requested: frozenset[str]
    controls: tuple[controls.ControlResult, ...] = ()

    def count(self, verdict: str) -> int:
        """How many gates have this verdict."""
        return sum(result.verdict == verdict for result in self.gates)


def demands(
    gates_file: Path | None,
    weights_file: Path | None,
    waivers_file: Path | None,
    requested: Sequence[str] = (),
    inputs: Mapping[str, ReportValue | ZapReport] | None = None,
    reports: Sequence[Path] = (),
    attested: Path | None = None,
    attestation_key: Path | None = None,
) -> Demands:
    """Read what a run is held to; ``reports`` are the files that the ``inputs`` come from.

    Raises:
        UsageError: a file is not there or not valid, or a requested gate is unknown.
    """
    gate_path, weight_path = files.located(gates_file, files.GATES), files.located(weights_file, files.WEIGHTS)
    known, shipped = gates.read(gate_path), product.shipped("variables") / files.GATES
    for name in requested:
        if name != ALL and name not in known:
            raise unknown("gate", name, known, gate_path.name)
    chosen = frozenset(known if ALL in requested else requested)
    signed = attestations.read(attested, attestation_key, known) if attested else {}
    control_path = files.located(None, catalogue.FILE)
    paths = [path for path in (gate_path, weight_path, waivers_file, attested, control_path, *reports) if path]
    return Demands(
        known,
        weights.read(weight_path),
        waivers.read(waivers_file, known),
        chosen,
        {path: digest(path) for path in paths},
        tuple(gates.deviations(known, gates.read(shipped)) if gate_path != shipped else ()),
        {**(inputs or {}), **signed},
        catalogue.read(control_path),
        tuple(reports),
    )


def digest(path: Path) -> str:
    """The SHA-256 of a file; empty if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def assess(run: FinishedRun, held_to: Demands) -> Assessment:
    """Evaluate all gates and the score; what is wrong with requested gates becomes part of the run's verdict."""
    judgement = run.judgement
    edited = [path.name for path, before in held_to.files.items() if digest(path) != before]
    judgement.problems += [f"The file {name} was changed while the run went on: start the run anew." for name in edited]
    tests = located.by_folder(run)
    folders, by_check = _grouped(tests, measuring.last_words(judgement.observations))
    inputs = {kind: given.value(run) if isinstance(given, ZapReport) else given for kind, given in held_to.inputs.items()}
    results = tuple(
        measuring.evaluate(
            gate,
            [test for folder in gate.suites for test in folders.get(folder, ())],
            [record for name, own in by_check.items() if gate.reads(name) for record in own],
            inputs,
            held_to.waivers.get(gate.id),
            complete=not judgement.problems,
        )
        for gate in held_to.gates.values()
    )
    ready = score.readiness(tests, held_to.weights, results, judgement.problems, run.notice and "a sandbox gets no label")
    judgement.failed_gates += [_first_upper(result.sentence) for result in results if result.verdict == gates.FAIL]
    judgement.missing_gates += [
        _first_upper(result.sentence)
        for result in results
        if result.gate.id in held_to.requested and result.verdict == gates.NOT_EVALUATED and not result.waived
    ]
    judged_controls = controls.evaluate(held_to.controls, tests, judgement, in_suites=run.suites)
    return Assessment(results, ready, held_to.requested, tuple(judged_controls))


def _grouped(
    tests: Iterable[located.LocatedTest], records: Iterable[measuring.Record]
) -> tuple[dict[str, list[located.LocatedTest]], dict[str, list[measuring.Record]]]:
    """The tests by their folders and the records by their checks, so that each gate looks at its own alone."""
    folders: dict[str, list[located.LocatedTest]] = {}
    by_check: dict[str, list[measuring.Record]] = {}
    for test in tests:
        folders.setdefault(test.folder, []).append(test)
    for record in records:
        by_check.setdefault(str(record["check"]), []).append(record)
    return folders, by_check


def _first_upper(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}."
