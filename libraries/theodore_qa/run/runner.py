"""One run from plan to verdict: pabot for what may run side by side, robot for what must be alone, one merged log."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003  # dataclasses
from typing import IO, TYPE_CHECKING

from theodore_qa import paths, sandbox
from theodore_qa.errors import HIDES, QaError, UsageError
from theodore_qa.observing import evidence
from theodore_qa.redaction import known
from theodore_qa.redaction.cleaning import take_out_secrets
from theodore_qa.redaction.secrets import redact
from theodore_qa.run import again, dealing, earlier, judge, ledger, merge, outputs, plan, processes, selection, suites
from theodore_qa.run.finished import FinishedRun
from theodore_qa.run.progress import Silent
from theodore_qa.run.recorded_options import recorded
from theodore_qa.systems.environment import VARIABLE
from theodore_qa.systems.files import read_yaml, writable_folder, writing_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from theodore_qa.run.judge import Judgement
    from theodore_qa.run.judged import Judged
    from theodore_qa.run.output import Output
    from theodore_qa.run.progress import Progress
    from theodore_qa.systems.environment import Environment

LISTENERS = ("theodore_qa.listener.First", "theodore_qa.listener.Listener")
BY_NAME = ("--test", "-t", "--task")
HISTORY = "history"  # below the results, also of a run that has a folder of its own beside another
LEFT_BEHIND = 24 * 3600
ADVICE = "Name a folder that you may write to, with room on its disk, by --results"


@dataclass
class RunRequest:
    """What is to be run, where, and how."""

    suites: Path
    environment: Environment
    results: Path
    options: list[str] = field(default_factory=list)
    pabot_options: list[str] = field(default_factory=list)
    processes: int = 2
    parallel: bool = True
    variables: dict[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()  # of reports, removed from the results folder before the run
    modifiers: bool = False  # whether tests may run otherwise than they stand in their files
    rerun: bool = False  # whether tests that failed have a second attempt
    usual: Mapping[tuple[str, str], float] = field(default_factory=dict)  # seconds of tests, by their file and name


def run(request: RunRequest, progress: Progress, report: Callable[[FinishedRun], None]) -> FinishedRun:
    """Plan, execute, merge and judge; everything that was started is gone when this returns or raises.

    Args:
        request: what is to be run.
        progress: is informed while the run goes on.
        report: writes the reports of the judged run, while no other run uses the results folder.
    """
    processes.adopt_orphans()
    began = time.monotonic()
    run_id = evidence.new_run_id()
    with (
        writing_to(request.results, ADVICE),
        _results_folder(request.results, run_id, request.files) as results,
        _in_ledger(results / "evidence", run_id, request),
    ):
        work = results / f".work-{run_id}"
        work.mkdir(parents=True)
        try:
            planned = _plan(request, work)
            progress.planned(planned)
            _keep_plan(planned, results / "evidence" / run_id, request.options)
            stopped = _execute(request, planned, run_id, results, work, progress)
            progress.close()
            done = _finished(request, planned, run_id, results, work, stopped)
            done.duration = time.monotonic() - began
            report(done)  # Robot's own files are made of the outputs in the folder
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return done


def _finished(request: RunRequest, planned: plan.Plan, run_id: str, results: Path, work: Path, stopped: str) -> FinishedRun:
    """The run with its verdicts, and with second attempts where they are requested."""
    judgement, result, made, records = _judged(request, planned, run_id, results, work, stopped)
    reruns = _rerun(request, planned, run_id, results, work, judgement) if request.rerun and not stopped else []
    return FinishedRun(
        run_id,
        results,
        request.suites,
        request.environment,
        judgement,
        0.0,
        result,
        records.findings,
        planned.deselected,
        records.attacks,
        tuple(_robot_options(request)),
        records.environments,
        reruns,
        request.results / HISTORY,
        outputs=made,
    )


@contextmanager
def _in_ledger(folder: Path, run_id: str, request: RunRequest) -> Iterator[None]:
    """Note that a run began, and why it broke off if it did: no run vanishes."""
    about = {"suites": request.suites.name, "environment": redact(request.environment.name)}
    ledger.started(folder, run_id, **about, options=recorded(_robot_options(request)))
    try:
        yield
    except BaseException as error:
        with suppress(OSError):  # a full disk, most likely: the run that follows finds no end of this one
            ledger.aborted(folder, run_id, redact(str(error).partition("\n")[0] or type(error).__name__))
        raise


@contextmanager
def _results_folder(requested: Path, run_id: str, files: Sequence[str]) -> Iterator[Path]:
    """Hold the results folder for this run; if another run holds it, take a folder of our own below it."""
    writable_folder(requested, ADVICE)
    with (requested / earlier.LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder = requested
        except BlockingIOError:
            folder = requested / f"run-{run_id}"
            folder.mkdir()
            ledger.elsewhere(requested / "evidence", run_id, folder.name)
        earlier.move_away(folder, files)
        for old in requested.glob(".work-*"):  # of a run that was killed
            if time.time() - old.stat().st_mtime > LEFT_BEHIND or folder == requested:
                shutil.rmtree(old, ignore_errors=True)
        yield folder


def _plan(request: RunRequest, work: Path) -> plan.Plan:
    there = suites.tests(request.suites)
    planned = plan.with_files(plan.make(request.suites, _robot_options(request), work), there)
    selection.require_named(request.options, suites.read(request.suites), planned.tests)
    if wrong := selection.misspelt(planned.tests):
        raise UsageError("\n".join(wrong))
    if hidden := [error for error in planned.errors if HIDES in error]:
        raise UsageError("\n".join(hidden))
    if twice := planned.twice():
        raise DuplicateTestsError(
            "Two tests of one suite have one name, so their results cannot be told apart: " + "; ".join(twice) + "."
        )
    return planned


def _keep_plan(planned: plan.Plan, folder: Path, options: Sequence[str]) -> None:
    """Write beside the evidence which tests were to be run, and which of those in the files were not, by which option."""
    folder.mkdir(parents=True, exist_ok=True)
    data = {
        "planned": [_as_data(test) for test in planned.tests],
        "not selected": [_as_data(test) | {"by": selection.left_out_by(test, options)} for test in planned.deselected],
    }
    (folder / "plan.json").write_text(redact(json.dumps(data, indent=1, ensure_ascii=False)), encoding="utf-8")


def _as_data(test: plan.Planned) -> dict[str, object]:
    return {"source": test.source, "line": test.line, "name": test.name, "tags": test.tags}


class DuplicateTestsError(QaError):
    """Tests that cannot be told apart: the run would be incomplete."""


def _robot_options(request: RunRequest) -> list[str]:
    given = [part for name, value in request.variables.items() for part in ("--variable", f"{name}:{value}")]
    return [*given, *request.options]


def _execute(request: RunRequest, planned: plan.Plan, run_id: str, results: Path, work: Path, progress: Progress) -> str:
    environment = _variables(request, results / "evidence", run_id)
    common = _common(request)
    chosen_by_name = any(part.partition("=")[0] in BY_NAME for part in request.options)  # pabot would run all tests
    is_pattern = any("[" in name for name in planned.suites)  # pabot would not find the suite
    several = len(planned.suites) > 1  # one suite runs in one process, with pabot or without
    side_by_side = request.parallel and request.processes > 1 and several and not chosen_by_name and not is_pattern
    lanes = []
    if planned.together():
        exclude = ["--exclude", plan.ALONE] if planned.alone() else []
        pabot = [
            "pabot.pabot",
            "--command",
            sys.executable,
            "-m",
            "robot",
            "--end-command",
            "--processes",
            str(request.processes),
            *dealing.options(
                list(planned.suites),
                request.processes,
                [*request.pabot_options, *request.options],
                work / "ordering.txt",
                planned.usual_seconds(request.usual),
            ),
            "--no-rebot",
            "--no-pabotlib",
            *request.pabot_options,
        ]
        lanes.append(("functional", [*(pabot if side_by_side else ["robot"]), *common, *exclude]))
    if planned.alone():
        exclude = ["--exclude", f"NOT{plan.ALONE}"] if planned.together() else []
        lanes.append(("alone", ["robot", *common, *exclude]))
    with _signals() as stop:
        for lane, command in lanes:
            folder = work / lane
            folder.mkdir()
            with (work / f"{lane}.console").open("wb") as console:
                full = [
                    sys.executable,
                    "-m",
                    *command,
                    "--outputdir",
                    str(folder),
                    "--output",
                    "output.xml",
                    str(request.suites),
                ]
                code = _wait(full, folder, environment, console, progress, results / "evidence" / run_id, stop)
            if stop:
                return f"{judge.STOPPED} by {stop[0]}."
            if code < 0:
                program = "pabot" if command[0].startswith("pabot") else "robot"
                return f"{judge.STOPPED}: its {program} was killed by {signal.Signals(-code).name}."
    return ""


def _variables(request: RunRequest, folder: Path, run_id: str) -> dict[str, str]:
    """The environment variables of the processes of a run."""
    return dict(os.environ) | {
        evidence.RUN_VARIABLE: run_id,
        evidence.FOLDER_VARIABLE: str(folder),
        evidence.ROOT_VARIABLE: str(request.suites),
        VARIABLE: str(request.environment.path),
        paths.PROJECT_VARIABLE: str(paths.project()),
        "PYTHONUNBUFFERED": "1",
    }


def _common(request: RunRequest) -> list[str]:
    listeners = [part for name in LISTENERS for part in ("--listener", name)]
    return [*listeners, *_robot_options(request), "--log", "NONE", "--report", "NONE", "--xunit", "NONE"]


def _rerun(request: RunRequest, planned: plan.Plan, run_id: str, results: Path, work: Path, judgement: Judgement) -> list[Judged]:
    """Run the tests that failed once more, one after another, with records and a log of their own; returns their verdicts."""
    from robot.api import ResultWriter

    if not (keys := again.failed(judgement)):
        return []
    records, folder = results / "evidence" / run_id, work / again.ATTEMPT
    folder.mkdir()
    (folder / "chosen.json").write_text(json.dumps(keys), encoding="utf-8")
    variables = _variables(request, records, again.ATTEMPT) | {again.VARIABLE: str(folder / "chosen.json")}
    robot = ["robot", *_common(request), "--prerunmodifier", again.MODIFIER, "--outputdir", str(folder), str(request.suites)]
    with _signals() as stop, (work / f"{again.ATTEMPT}.console").open("wb") as console:
        _wait([sys.executable, "-m", *robot], folder, variables, console, Silent(), records, stop)
    result, made, problems = merge.collect([folder])
    found = evidence.read(records, again.ATTEMPT)
    tests = outputs.tests(result, request.suites) if result else []
    chosen = plan.Plan(planned.root, tuple(test for test in planned.tests if test.key in keys))
    reruns = judge.judge(chosen, tests, found, problems).tests
    again.note(judgement, reruns)
    if result:
        log = results / again.LOG
        output = records / again.ATTEMPT / "output.xml"
        ResultWriter(made.as_robot()).write_results(output=str(output), log=str(log), report=None)
        judgement.problems += take_out_secrets([log])
    _keep_consoles(work, records)
    judgement.problems += take_out_secrets(_files_below(records))
    return reruns


def _wait(
    command: Sequence[str],
    folder: Path,
    environment: dict[str, str],
    console: IO[bytes],
    progress: Progress,
    records: Path,
    stop: list[str],
) -> int:
    """Run a command to its end, or until this run is asked to stop; returns its exit code, below 0 where a signal killed it."""
    process = processes.start(command, folder, environment, console)
    try:
        while process.poll() is None and not stop:
            progress.follow(records)
            time.sleep(0.1)
        progress.follow(records)
        code = process.poll()
    finally:
        processes.end(process)
    return code or 0


@contextmanager
def _signals() -> Iterator[list[str]]:
    """Collect the names of the signals that ask this run to stop."""
    stop: list[str] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda got, _: stop.append(signal.Signals(got).name)) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _judged(
    request: RunRequest, planned: plan.Plan, run_id: str, results: Path, work: Path, stopped: str
) -> tuple[Judgement, Output | None, merge.Outputs, evidence.Evidence]:
    """The verdicts, what Robot says, its outputs, and the evidence of a run."""
    result, made, problems = merge.collect([work / "functional", work / "alone"])
    if stopped:
        problems.insert(0, stopped)
    errors = dict.fromkeys([*planned.errors, *(outputs.errors(result) if result else ())])
    problems += [f"Robot says: {error.splitlines()[0].rstrip('.')}." for error in errors]
    records = evidence.read(results / "evidence", run_id)
    tests = outputs.tests(result, request.suites) if result else []
    if not request.modifiers:
        problems += judge.modified(planned, records)
    judgement = judge.judge(planned, tests, records, problems)
    folder = results / "evidence" / run_id
    try:
        _keep_consoles(work, folder)
    except OSError as error:
        judgement.problems.append(f"The consoles of robot and pabot could not be written to {folder}: {error.strerror}.")
    else:
        if result is None:
            judgement.problems.append(f"The consoles of robot and pabot are in {folder}.")
    judgement.problems += take_out_secrets(_files_below(folder))
    return judgement, result, made, records


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _keep_consoles(work: Path, target: Path) -> None:
    from theodore_qa.redaction.scan import scrub_file

    target.mkdir(parents=True, exist_ok=True)
    consoles = [*work.glob("*.console"), *work.rglob("robot_std*.out")]
    for path in consoles:
        scrub_file(path)
        name = "-".join(path.relative_to(work).parts).replace(".console", "-console.txt").replace(".out", ".txt")
        shutil.copyfile(path, target / name)
    for path in work.rglob("debug*.txt"):
        shutil.copyfile(path, target / "-".join(path.relative_to(work).parts))


def know_secrets(environment: Environment) -> None:
    """Make the secrets of an environment known, so that they are redacted and looked for in this process too."""
    for system in environment.systems.values():
        if system.embedded:
            sandbox.make_passwords(system.declared, system.identities)
    known.learn(read_yaml(environment.path))
