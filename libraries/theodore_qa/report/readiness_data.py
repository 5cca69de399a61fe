"""What readiness.json holds: score, gates and controls with all that they rest on, and what changed since the last run."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.history import summary
from theodore_qa.readiness import advice, background, causes, controls, earlier_runs, metrics
from theodore_qa.readiness.located import by_folder, SUITES
from theodore_qa.run.finished import TESTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from theodore_qa.readiness.assessing import Assessment, Demands
    from theodore_qa.readiness.causes import Cause
    from theodore_qa.readiness.controls import ControlResult
    from theodore_qa.readiness.gates import GateResult
    from theodore_qa.readiness.located import Key, LocatedTest
    from theodore_qa.run.finished import FinishedRun

VERDICTS = ("PASS", "FAIL", "NOT EVALUATED", "SKIP")
NEAREST = 10
LONGEST_MESSAGE = 500


def as_data(run: FinishedRun, assessment: Assessment, demands: Demands, head: dict[str, Any]) -> dict[str, Any]:
    """All that the score rests on, so that it can be recomputed by hand, and what a reader asks next."""
    ready, judgement = assessment.readiness, run.judgement
    score = None if ready.low is None else {"low": ready.low, "high": ready.high}
    details = Details(run)
    tests = by_folder(run)
    groups = causes.alike(details.causes)
    sources = {test.key: test.source for test in tests}
    before = earlier_runs.read(run.folder / "evidence", run.id, tests)
    placed = [_test(test) | details.of(test) | {"area": area, "weight": weight} for test, area, weight in ready.tests]
    outside = [_test(test) | details.of(test) for test in ready.outside]
    gates = [_gate(result, assessment) for result in assessment.gates]
    scenarios = metrics.scenarios(tests, judgement.observations, details.causes, details.seconds, details.warnings)
    margins = _margins(gates, scenarios)
    own = {test.source for test in tests if test.evaluated}
    suites = next((folder for folder in (run.suites, *run.suites.parents) if folder.name == SUITES), None)
    since, flakiest, others = _changes(run, score, before, earlier_runs.verdicts({"tests": placed, "tests_of_no_area": outside}))
    return {
        "$schema": "readiness.schema.json",
        **head,
        "exit_code": judgement.exit_code,
        "seconds": round(run.duration, 1),
        "tests_by_verdict": {verdict: judgement.count(verdict) for verdict in VERDICTS} | {"NOT SELECTED": len(run.deselected)},
        "score": score,
        "label": ready.label or None,
        "why_no_label": ready.why_not or None,
        "capped_by": list(ready.capped_by),
        "labels": [{"from": least, "label": label} for least, label in demands.weights.labels],
        "areas": [_area(area) for area in ready.areas],
        "gates": gates,
        "deviations": list(demands.deviations),
        "problems": judgement.problems,
        "failures": judgement.failures,
        "waived_in_part": dict(judgement.waivers()),
        "read_from": {path.name: digest for path, digest in demands.files.items()},
        "margins": margins,
        "causes": [_cause(cause, keys, sources) for cause, keys in groups[: causes.TOP]],
        "categories": causes.counted(details.causes),
        "since": since,
        "flakiest": flakiest,
        "trend": earlier_runs.trend(before, others),
        "recommendations": advice.recommendations(
            groups[: causes.TOP], assessment.gates, margins, assessment.controls, since["changing"], sources
        ),
        "scenarios": scenarios,
        "experiments": background.experiments(run.folder / "evidence" / run.id),
        "findings": background.findings(run.findings),
        "mutants": background.mutants(run.folder, own, suites),
        "source_mutants": background.source_mutants(run.folder, own, suites),
        "digests": background.digests(run, demands.files),
        "seeds": background.seeds(run.options),
        "pyramid": background.pyramid(demands.reports, len(judgement.tests)),
        "controls": _controls(assessment.controls, demands, tests),
        "tests": placed,
        "tests_of_no_area": outside,
    }


def _changes(
    run: FinishedRun, score: dict[str, float | None] | None, before: Sequence[dict[str, Any]], now: dict[tuple[str, str], str]
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """What is otherwise than before, the tests with both verdicts, and runs without a pack.

    By the history of the folder, or else by its packs.
    """
    if run.history is not None:
        found = summary.of(run, {"score": score})
        flakiest = [
            {name: test[name] for name in ("source", "name", "passed", "failed", "changes")} for test in found["flakiest"]
        ]
        others = [point for point in found["trend"][:-1] if point["state"] != TESTED]
        if found["previous"]:
            changed = {
                kind: [earlier_runs.written((test["source"], test["name"])) for test in found[kind]]
                for kind in ("new_failures", "fixed", "newly_not_evaluated")
            }
            changing = [
                f"{earlier_runs.written((test['source'], test['name']))}: "
                f"passed {test['passed']}, failed {test['failed']} on one build"
                for test in found["changing"]
            ]
            return {"run": found["previous"]["run"]} | changed | {"changing": changing}, flakiest, others
        return earlier_runs.since(before, now), flakiest, others
    return earlier_runs.since(before, now), [], []


class Details:
    """What a run says of its tests beside their verdicts.

    Attributes:
        causes: of tests that failed or are NOT EVALUATED.
        seconds: that each test took.
        warnings: about tests that passed.
        links: the anchors of tests in log.html.
    """

    def __init__(self, run: FinishedRun) -> None:
        self.causes: dict[Key, Cause] = causes.causes(run.judgement.tests, run.judgement.observations)
        self.seconds: dict[Key, float] = {}
        self.links: dict[Key, str] = {}
        self.warnings: dict[Key, list[str]] = {}
        self._messages = {test.key: test.message for test in run.judgement.tests if test.verdict != "PASS"}
        for test in run.judgement.tests:
            if test.verdict == "PASS" and (sentences := [*test.waived, *filter(None, [test.message])]):
                self.warnings[test.key] = sentences
        if run.result is not None:
            self._read(run.result.suite, run, "s1")

    def _read(self, suite: Any, run: FinishedRun, place: str) -> None:
        from theodore_qa.run import outputs

        for number, test in enumerate(suite.tests, 1):
            key = outputs.key(test, run.suites)
            self.links[key] = f"{place}-t{number}"
            self.seconds[key] = round(test.elapsed_time.total_seconds(), 3)
        for number, child in enumerate(suite.suites, 1):
            self._read(child, run, f"{place}-s{number}")

    def of(self, test: LocatedTest) -> dict[str, Any]:
        """The entries of a test; those that say nothing are left out."""
        cause = self.causes.get(test.key)
        entries = {
            "seconds": self.seconds.get(test.key),
            "log": self.links.get(test.key),
            "category": cause.category if cause else None,
            "message": self._messages.get(test.key, "")[:LONGEST_MESSAGE] or None,
        }
        return {name: value for name, value in entries.items() if value is not None}


def _area(area: Any) -> dict[str, Any]:
    from theodore_qa.readiness.score import rounded_down, rounded_up

    return {
        "id": area.area.id,
        "title": area.area.title,
        "weight": area.area.weight,
        "passed": float(area.passed),
        "failed": float(area.failed),
        "unknown": float(area.unknown),
        "low": rounded_down(area.low),
        "high": rounded_up(area.high),
        "tests": dict(area.counts),
    }


def _gate(result: GateResult, assessment: Assessment) -> dict[str, Any]:
    gate, waiver = result.gate, result.waiver
    margin = metrics.margin_of(gate, result.measured)
    return {
        "id": gate.id,
        "title": gate.title,
        "source": gate.source,
        "critical": gate.critical,
        "requested": gate.id in assessment.requested,
        "expected": gate.demand,
        "minimum": gate.minimum,
        "fed_by": gate.fed_by,
        "verdict": result.verdict,
        "measured": result.measured or None,
        "n": result.n,
        "bounds_95": None if result.bounds is None else [round(bound, 5) for bound in result.bounds],
        "margin": None if margin is None else round(margin, 4),
        "reason": result.reason or None,
        "next": advice.next_step(result),
        "waived": result.waived or None,
        "waiver": None
        if waiver is None
        else {
            "reason": waiver.reason,
            "owner": waiver.owner,
            "until": waiver.until,
            "where": waiver.where,
            "in_force": waiver.in_force,
        },
        "tests": list(map(_test, result.tests)),
    }


def _margins(gates: Sequence[dict[str, Any]], scenarios: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The values that are nearest to their limits, those beyond them first."""
    found = [
        {
            "name": gate["title"],
            "where": f"gate {gate['id']}",
            "expected": gate["expected"],
            "observed": gate["measured"],
            "margin": gate["margin"],
            "test": None,
        }
        for gate in gates
        if gate["margin"] is not None
    ]
    found += [
        {"name": value["check"], "where": f"scenario {scenario['scenario']}"}
        | {name: value[name] for name in ("expected", "observed", "margin", "test")}
        for scenario in scenarios
        for value in scenario["metrics"]
    ]
    return sorted(found, key=lambda value: float(value["margin"]))[:NEAREST]


def _cause(cause: Cause, keys: Sequence[Key], sources: Mapping[Key, str]) -> dict[str, Any]:
    return {
        "category": cause.category,
        "observation": cause.sentence,
        "tests": len(keys),
        "first": {"source": sources.get(keys[0], keys[0][0]), "line": keys[0][1], "name": keys[0][2]},
    }


def _controls(results: Sequence[ControlResult], demands: Demands, tests: Sequence[LocatedTest]) -> dict[str, Any]:
    counted = {
        name: [result.verdict for result in results if result.control.standard == name] for name in demands.controls.standards
    }
    return {
        "note": "Tests support a control or contradict it; they do not prove that an organisation meets a standard.",
        "standards": [
            {
                "id": standard.id,
                "title": standard.title,
                "count": standard.count,
                "unit": standard.unit,
                "source": standard.source,
                "not_listed": standard.not_listed,
                "verdicts": {verdict: counted[standard.id].count(verdict) for verdict in controls.VERDICTS},
            }
            for standard in demands.controls.standards.values()
        ],
        "controls": [
            {
                "id": result.control.id,
                "standard": result.control.standard,
                "title": result.control.title,
                "shows": result.control.shows or None,
                "cannot_show": result.control.cannot_show or None,
                "verdict": result.verdict,
                "reason": result.reason or None,
                "tests": list(map(_test, result.tests)),
            }
            for result in results
        ],
        "not_listed": controls.unlisted(demands.controls, tests),
    }


def _test(test: LocatedTest) -> dict[str, Any]:
    return {"source": test.source, "line": test.key[1], "name": test.name, "verdict": test.verdict}
