"""``theodore judge``: the verdict on outputs that are there already, of robot, pabot, rebot or a rerun, with their evidence."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TYPE_CHECKING

import click

from theodore_qa.cli import demands
from theodore_qa.cli.test import conclude, REPORT_FILES
from theodore_qa.errors import QaError, UsageError
from theodore_qa.observing import evidence
from theodore_qa.observing.display import plural
from theodore_qa.report.history import HistoryReport
from theodore_qa.report.readiness import ReadinessReport
from theodore_qa.report.reporter import write_all
from theodore_qa.report.robot_files import RobotFiles
from theodore_qa.report.sarif import FindingsReport
from theodore_qa.run import earlier, merge, outputs, plan, suites
from theodore_qa.run import judge as judging
from theodore_qa.run.finished import FinishedRun
from theodore_qa.run.runner import HISTORY
from theodore_qa.systems.files import writable_folder

if TYPE_CHECKING:
    from theodore_qa.observing.evidence import Evidence
    from theodore_qa.run.output import Output


@dataclass(frozen=True)
class RecordedEnvironment:
    """The environment of a run as its evidence describes it."""

    name: str
    kind: str
    embedded: bool
    path: Path

    @property
    def is_sandbox(self) -> bool:
        """Whether the systems were doubles."""
        return self.embedded or self.kind == "sandbox"


@click.command("judge")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="OUTPUT.XML...")
@click.option("--results", type=click.Path(path_type=Path), default=Path("results"), help="Where the merged files go.")
@click.option("--waivers", type=demands.FILE, metavar="FILE", help="Waivers of gates; default: none.")
@demands.options
def command(files: tuple[Path, ...], results: Path, waivers: Path | None, **options: Any) -> None:
    """Judge and merge outputs that are there already.

    The evidence of each is looked for beside it, in folders named evidence. Of several results of one test, such as a rerun
    has, the last one counts, in the order of the files, and the run says so. The history of the results keeps the run as judged,
    and a run that it has already is not counted twice.
    """
    for file in files:
        if not file.is_file():
            raise UsageError(f"There is no output {file}.")
    held_to = demands.read(options, waivers)
    read, problems = merge.read_all([(file, file.name) for file in files])
    sources, results = list(read.values()), results.resolve()
    if not sources:
        earlier.move_away_if_free(results, (name for name in REPORT_FILES if name not in [file.name for file in files]))
        raise QaError("\n".join(problems))
    for result in sources:
        outputs.leave_out_gates(result.suite)
    root = _root(sources[0])
    recorded = _evidence(files)
    tests = [test for source in sources for test in outputs.tests(source, root)]
    last = {key: (key, status, message) for key, status, message in tests}
    names: dict[tuple[str, int, str], plan.Planned] = {
        (known := plan.Planned.of(test, root)).key: known for source in sources for test in source.suite.all_tests
    }
    planned = plan.Plan(root, tuple(names.values()))
    if root.exists():
        planned = plan.with_files(planned, suites.tests(root))
    errors = dict.fromkeys(error for source in sources for error in outputs.errors(source))
    problems += [f"Robot says: {error.splitlines()[0].rstrip('.')}." for error in errors]
    problems += judging.modified(planned, recorded)
    judgement = judging.judge(planned, last.values(), recorded, problems)
    for (source, line, name), count in Counter(key for key, _, _ in tests).items():
        if count > 1:
            before = " then ".join(status for key, status, _ in tests if key == (source, line, name))
            click.echo(f"RERUN: {name} ({source}:{line}) has {plural(count, 'result')}: {before}; the last one counts.")
    writable_folder(results, "Name a folder that you may write to by --results")
    earlier.move_away(results, (name for name in REPORT_FILES if results / name not in [file.resolve() for file in files]))
    os.environ.setdefault(evidence.PROFILE_VARIABLE, str(_first(recorded, "profile", "quick")))
    environment = RecordedEnvironment(
        str(_first(recorded, "environment", "unknown")),
        str(_first(recorded, "environment_kind", "unknown")),
        bool(_first(recorded, "embedded_sandbox", value=False)),
        Path(str(_first(recorded, "environment", "unknown"))),
    )
    run = ", ".join(dict.fromkeys(str(record["run"]) for record in recorded.tests)) or "unknown"
    duration = sum(source.suite.elapsed_time.total_seconds() for source in sources)
    merged = merge.merged(sources, reruns=True)
    done = FinishedRun(
        run,
        results,
        root,
        environment,
        judgement,
        duration,
        merged,
        recorded.findings,
        planned.deselected,
        recorded.attacks,
        environments=recorded.environments,
        history=results / HISTORY if recorded.tests else None,
        state="judged",
        outputs=merge.Outputs(tuple(read), reruns=True),
    )
    readiness = ReadinessReport(held_to)
    write_all((FindingsReport(), readiness, RobotFiles(), HistoryReport(readiness)), done)
    conclude(done)


def _root(result: Output) -> Path:
    return result.suite.source or Path(result.suite.name)


def _evidence(files: tuple[Path, ...]) -> Evidence:
    """All evidence below the folders of the outputs."""
    folders = {path.parent for file in files for path in file.resolve().parent.glob("**/evidence/*/*.jsonl")}
    whole = evidence.Evidence()
    for folder in sorted(folders):
        whole.add(evidence.read(folder.parent, folder.name))
    whole.tests.sort(key=lambda record: str(record.get("time")))
    if not whole.tests:
        whole.problems.append(
            f"There is no evidence beside {', '.join(file.name for file in files)}: nothing shows what was observed."
        )
    return whole


def _first(recorded: Evidence, name: str, value: Any) -> Any:
    """What the evidence says of the environment; a default where it says nothing."""
    return next((record[name] for record in recorded.environments if name in record), value)
