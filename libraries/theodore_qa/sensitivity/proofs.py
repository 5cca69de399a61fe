"""The proofs of ``theodore test sensitivity``, each giving rows that say what was tried and whether it was noticed."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TYPE_CHECKING

from theodore_qa import sandbox
from theodore_qa.adversaries.mutants import enumerate_mutants, MutantInterceptor, sample
from theodore_qa.adversaries.nulls import NullSystem
from theodore_qa.adversaries.proxy import InterceptingProxy
from theodore_qa.adversaries.replay import ExchangeRecorder, Replay
from theodore_qa.errors import QaError
from theodore_qa.observing.display import plural
from theodore_qa.observing.observations import ALL_ANSWERS, EVERY_ANSWER, LIVE_ANSWER
from theodore_qa.run import processes
from theodore_qa.sensitivity import trial
from theodore_qa.systems.files import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from theodore_qa.adversaries.mutants import Mutant
    from theodore_qa.systems.system import System

WAITED_FOR = "hanging"  # its trials wait for time limits and need no processor: they run side by side
NULLS = ("closed", WAITED_FOR, "ok", "401", "404", "500")
NULL_TIMEOUT, SHORT_TIMEOUT = "0.5 s", "0.2 s"  # the short one where no answer comes anyway
REPLAYED = 6
OF_SEVERAL_SYSTEMS = ("user_journeys",)  # where one is replayed, the others answer live
LEFT_OUT = ("__init__", "chosen_company_research", "real_services")
AGE = 2.0
ANSWERED_AREAS = ("cli", "quality", "tenants")
PROMISES = "area:promises"  # of tests whose rows are spread over all areas, as the contract is


@dataclass(frozen=True)
class Row:
    """One trial: what was tried, whether it was noticed, and how."""

    proof: str
    what: str
    noticed: bool
    detail: str


@dataclass
class Bench:
    """What the proofs share: the suites, a folder to work in, how many trials at once, and who is told of each row."""

    suites: Path
    folder: Path
    workers: int
    tell: Callable[[Row], None]
    system: str = "theodore"  # whose suites are proved; those of another stand in a folder of its name
    others: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def own(self) -> Path:
        """The folder of the system's suites: one of its name, or all."""
        folder = self.suites / self.system
        return folder if folder.is_dir() else self.suites

    def add(self, proof: str, what: str, noticed: bool, detail: str) -> None:  # a row
        """Keep a row and tell of it."""
        row = Row(proof, what, noticed, detail)
        with self._lock:
            self.rows.append(row)
            self.tell(row)

    def each(self, items: list[Any], work: Callable[[int, Any], None]) -> None:
        """Do ``work(number, item)`` for all items, some at a time; if that is stopped, so are the trials that run."""
        pool = ThreadPoolExecutor(self.workers)
        try:
            for done in [pool.submit(work, number, item) for number, item in enumerate(items)]:
                done.result()
        except BaseException:
            trial.stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)
            for pid in processes.descendants(os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            raise
        finally:
            pool.shutdown()


def healthy(bench: Bench, rounds: int) -> None:
    """The healthy system passes, each time."""

    def trial_round(number: int, _: Any) -> None:
        outcome = trial.command(_folder(bench, f"healthy-{number}"))
        bad = [test["name"] for test in outcome.not_passed()]
        good = outcome.code == 0 and not bad and bool(outcome.tests)
        bench.add(
            "healthy",
            f"round {number + 1}",
            good,
            f"{len(outcome.passed())} passed" if good else f"red: {', '.join(bad) or outcome.console}",
        )

    bench.each(list(range(rounds)), trial_round)


def _by_every_answer(test: dict[str, Any]) -> bool:
    """Whether a test is red only because every answer is held to the contract, which belongs to no area."""
    failed = {observation["check"] for observation in test["observations"] if observation["verdict"] == "FAIL"}
    return bool(failed) and failed <= {EVERY_ANSWER, LIVE_ANSWER, ALL_ANSWERS}


def drawn(bench: Bench, count: int | None, seed: int) -> list[str] | None:
    """The names of so many suites, at random; None for all of them."""
    names = [path.stem for path in answered_files(bench)]
    return None if count is None else random.Random(seed).sample(names, min(count, len(names)))  # noqa: S311  # chooses, keeps no secret


def defects(bench: Bench, names: list[str] | None, seed: int, *, everywhere: bool, named_only: bool = False) -> None:
    """Each defect is caught by the check that is named for it, and nothing outside its areas turns red.

    A trial runs the suite that is named for the defect and one other at random; with ``named_only`` not the other, and of the
    security suites only the attack; with ``everywhere`` all suites.
    """
    chosen = [defect for defect in sandbox.known_defects() if not names or defect["name"] in names]
    source = random.Random(seed)  # noqa: S311  # spreads the trials, keeps no secret
    others = [path.stem for path in suite_files(bench)]
    with_other = {defect["name"]: source.choice([other for other in others if other != defect["suite"]]) for defect in chosen}

    def try_defect(number: int, defect: dict[str, Any]) -> None:  # noqa: ARG001  # one signature for all trials
        name, area = defect["name"], _area(bench, defect["suite"])
        suites: dict[str, tuple[str, ...]]
        attack = ""
        if everywhere:
            suites = {"e2e": (), area: ()}
        elif named_only:
            suites = {area: (defect["suite"],)}
            attack = defect["check"].removeprefix("security.") if area == "security" else ""
        elif area == "e2e":
            suites = {area: (defect["suite"], with_other[name])}
        else:
            suites = {area: (defect["suite"],), "e2e": (with_other[name],)}
        outcomes = [
            trial.command(_folder(bench, f"defect-{name}-{where}"), area=where, defects=name, suites=chosen_suites, attack=attack)
            for where, chosen_suites in suites.items()
        ]
        caught = any(defect["check"] in outcome.failed_checks() for outcome in outcomes)
        areas = {PROMISES, *(f"area:{area_name}" for area_name in defect["areas"])}
        red = [test for outcome in outcomes for test in outcome.not_passed()]
        strays = [test["name"] for test in red if not areas & set(test["tags"]) and not _by_every_answer(test)]
        ran = "all suites" if everywhere else " and ".join(part for parts in suites.values() for part in parts)
        detail = f"{defect['check']} {'failed' if caught else 'did not fail'}, {plural(len(red), 'test')} red in {ran}"
        if not caught and red:
            detail += f", the first of them {red[0]['name']}: {red[0].get('message', '')}"
        explanations = [outcome.console for outcome in outcomes if not outcome.tests]
        if explanations:
            detail = explanations[0]
        if strays:
            detail += f", outside its areas: {', '.join(strays)}"
        bench.add("defect", name, caught and not strays and not explanations, detail)

    bench.each(chosen, try_defect)


def nulls(bench: Bench, declared: System, count: int | None, seed: int) -> None:
    """Nothing passes against a system that is none, neither by the command nor by plain robot: ``count`` of them, or all."""
    chosen = random.Random(seed).sample(NULLS, min(count or len(NULLS), len(NULLS)))  # noqa: S311  # chooses, keeps no secret

    def try_null(number: int, kind: str) -> None:  # noqa: ARG001  # one signature for all trials
        folder = _folder(bench, f"null-{kind}")
        with NullSystem(kind) as system:
            path = environment_for(declared, system.url, folder, timeout=SHORT_TIMEOUT if kind == WAITED_FOR else NULL_TIMEOUT)
            roots = [root for root in _roots(bench) if root.is_dir()]
            trials = [partial(trial.command, folder, environment=str(path))]
            trials += [partial(trial.robot, root, root, folder / f"robot-{root.name}", path) for root in roots]
            with ThreadPoolExecutor(len(trials) if kind == WAITED_FOR else 1) as pool:
                by_command, *by_robot = [begun.result() for begun in [pool.submit(begin) for begin in trials]]
        passed = [name for outcome in (by_command, *by_robot) for name in outcome.passed()]
        tried = sum(len(outcome.tests) for outcome in by_robot)
        noticed = not passed and by_command.code in (1, 3) and all(outcome.tests for outcome in by_robot)
        explanations = "; ".join(outcome.console for outcome in by_robot)
        detail = f"exit code {by_command.code}, 0 of {tried} tests passed" if noticed else f"passed: {passed or explanations}"
        bench.add("null system", kind, noticed, detail)

    bench.each(chosen, try_null)


def _roots(bench: Bench) -> list[Path]:
    """The folders of suites that are run against a null system."""
    beside = ("tenants",) if bench.own != bench.suites else ("chaos", "cli", "performance", "quality", "security")
    return [bench.own, *(bench.suites.parent / area for area in beside)]


def replay(bench: Bench, declared: System, seed: int, *, everywhere: bool) -> None:
    """A recording of a healthy run, played back, passes nothing: of some suites at random, or of all if ``everywhere``."""
    files = [suite for suite in answered_files(bench) if suite.stem not in OF_SEVERAL_SYSTEMS]
    source = random.Random(seed)  # noqa: S311  # chooses, keeps no secret
    chosen = files if everywhere else sorted(source.sample(files, min(REPLAYED, len(files))))

    def try_replay(number: int, suite: Path) -> None:  # noqa: ARG001  # one signature for all trials
        folder = _folder(bench, f"replay-{suite.stem}")
        with _standing(declared) as running:
            recording = record(bench, declared, running, suite, folder)
            time.sleep(declared.environment.clock_tolerance + AGE)  # a recording that is younger could be live
            with Replay(recording) as system:
                path = environment_for(declared, system.url, folder, running=running)
                outcome = trial.robot(suite, _root(bench, suite), folder / "replayed", path)
        passed = outcome.passed()
        detail = f"0 of {len(outcome.tests)} tests passed" if not passed else f"passed: {', '.join(passed)}"
        bench.add(
            "replay", f"{suite.stem}, {plural(len(recording), 'recorded exchange')}", not passed and bool(outcome.tests), detail
        )

    bench.each(chosen, try_replay)


def traffic(bench: Bench, declared: System, count: int, seed: int, only: Sequence[str] | None) -> dict[str, tuple[int, int]]:
    """Mutants of healthy traffic turn a suite red; returns killed and tried by suite."""
    scores: dict[str, tuple[int, int]] = {}
    jobs: list[tuple[Path, Mutant]] = []
    files = [suite for suite in answered_files(bench) if not only or suite.stem in only]
    idle: list[tuple[sandbox.Sandbox, InterceptingProxy]] = []

    def sampled(number: int, suite: Path) -> None:  # noqa: ARG001  # one signature for all trials
        running, proxy = idle.pop()
        try:
            running.reset()
            recording = record(bench, declared, running, suite, _folder(bench, f"record-{suite.stem}"))
        finally:
            idle.append((running, proxy))
        jobs.extend((suite, mutant) for mutant in sample(enumerate_mutants(recording), count, seed))

    def try_mutant(number: int, job: tuple[Path, Mutant]) -> None:
        suite, mutant = job
        running, proxy = idle.pop()
        try:
            running.reset()
            interceptor = MutantInterceptor(mutant)
            proxy.interceptor = interceptor
            folder = _folder(bench, f"mutant-{number}")
            path = environment_for(declared, proxy.url, folder, running=running)
            outcome = trial.robot(suite, _root(bench, suite), folder / "robot", path)
        finally:
            idle.append((running, proxy))
        if not interceptor.applied:
            return
        red = outcome.not_passed()
        killed = bool(red) or not outcome.tests
        before = scores.get(suite.stem, (0, 0))
        scores[suite.stem] = before[0] + killed, before[1] + 1
        by = f"killed by {red[0]['name']}" if red else f"survived: {_reason(mutant)}"
        bench.add("traffic", f"{suite.stem}: {mutant.describe()}", killed, by)

    with _workers(declared, bench.workers) as workers:
        idle.extend(workers)
        bench.each(files, sampled)
        jobs.sort(key=lambda job: (job[0].stem, job[1].id))
        random.Random(seed).shuffle(jobs)  # noqa: S311  # spreads the load, keeps no secret
        bench.each(jobs, try_mutant)
    return scores


def _area(bench: Bench, suite: str) -> str:
    """The folder of suites in which a suite is."""
    return next((path.parent.name for path in sorted(bench.suites.parent.glob(f"*/{suite}.robot"))), bench.suites.name)


def suite_files(bench: Bench) -> list[Path]:
    """The suites of the system that is proved; those that need a company or a service of the tester are left out."""
    found = bench.own.rglob("*.robot")
    return sorted(path for path in found if path.stem not in LEFT_OUT and path.parent.name not in bench.others)


def answered_files(bench: Bench) -> list[Path]:
    """The suites of the system that rest on its answers alone: those of e2e, of the command line, of quality, of tenants."""
    beside = [root.name for root in _roots(bench) if root.name in ANSWERED_AREAS]
    return suite_files(bench) + suite_files_of(bench, beside)


def _root(bench: Bench, suite: Path) -> Path:
    """The folder of the area in which a suite is."""
    return bench.suites.parent / suite.relative_to(bench.suites.parent).parts[0]


def suite_files_of(bench: Bench, areas: Sequence[str]) -> list[Path]:
    """The suites of some areas that try the system, without those that need a company or a service of the tester."""
    found = [path for area in areas for path in sorted((bench.suites.parent / area).rglob("*.robot"))]
    return [path for path in found if path.stem not in LEFT_OUT and _tries(path, bench.system)]


def _tries(suite: Path, system: str) -> bool:
    """Whether a suite names the system in a tag, or the nearest folder above that names any does, or none at all."""
    for file in (suite, *(folder / "__init__.robot" for folder in suite.parents)):
        if file.is_file() and (named := set(re.findall(r"(?<!-)\bsystem:(\w+)", file.read_text(encoding="utf-8")))):
            return system in named
    return True


def _reason(mutant: Mutant) -> str:
    if mutant.kind == "repeat":
        return "the answer of a moment before, which a poll cannot tell from a job that has not moved on"
    return "no check of the suite looks there"


@contextlib.contextmanager
def _workers(declared: System, count: int) -> Iterator[list[tuple[sandbox.Sandbox, InterceptingProxy]]]:
    started: list[tuple[sandbox.Sandbox, InterceptingProxy]] = []
    try:
        for _ in range(count):
            running = declared.new_sandbox()
            proxy = InterceptingProxy(running.urls["api"], None)
            proxy.__enter__()
            started.append((running, proxy))
        yield list(started)
    finally:
        for running, proxy in started:
            proxy.__exit__(None, None, None)
            running.stop()


@contextlib.contextmanager
def _standing(declared: System) -> Iterator[sandbox.Sandbox]:
    running = declared.new_sandbox()
    try:
        yield running
    finally:
        running.stop()


def record(bench: Bench, declared: System, running: sandbox.Sandbox, suite: Path, folder: Path) -> list[Any]:
    """The exchanges of a healthy run of ``suite``; a run that is not healthy is an error."""
    recorder = ExchangeRecorder()
    with InterceptingProxy(running.urls["api"], recorder) as proxy:
        path = environment_for(declared, proxy.url, folder, running=running)
        outcome = trial.robot(suite, _root(bench, suite), folder / "recorded", path)
    if outcome.not_passed() or not outcome.tests:
        red = [f"{test['name']}: {test['message']}" for test in outcome.not_passed()]
        raise QaError(f"The healthy run of {suite.name} that was to be recorded is red: {' | '.join(red) or outcome.console}")
    exchanges: list[Any] = list(recorder.exchanges)
    return exchanges


def environment_for(
    declared: System, url: str, folder: Path, *, running: sandbox.Sandbox | None = None, timeout: str | None = None
) -> Path:
    """An environment file whose system under test is at ``url``."""
    import yaml

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "environment.yaml"
    environment = declared.environment
    if running:
        entries = {declared.name: (declared.declared, running)}
        sandbox.write_environment(environment, entries, path, {declared.name: url})
        return path
    data = read_yaml(environment.path)
    others = data["systems"].keys() - {declared.name}
    data["systems"] = {declared.name: data["systems"][declared.name]}
    lacking = data.get("not_available", {})
    data["not_available"] = {name: entry for name, entry in lacking.items() if name.partition(".")[0] not in others}
    data.pop("default", None)
    system = data["systems"][declared.name]
    system |= {"url": url, "timeout": timeout or f"{declared.declared.timeout} s"}
    system.pop("sandbox", None)
    system.pop("proxies", None)
    data |= {
        "name": "adversary",
        "kind": "test",
        "companies": str(environment.companies),
        "thresholds": str(environment.thresholds),
        "waivers": str(environment.waivers),
    }
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return path


def _folder(bench: Bench, name: str) -> Path:
    folder = bench.folder / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
