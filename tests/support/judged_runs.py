"""Judged runs made by hand, as reports are given them."""

from pathlib import Path
from types import SimpleNamespace

from theodore_qa.run.finished import FinishedRun
from theodore_qa.run.judge import Judged, Judgement
from theodore_qa.run.plan import Planned

LIVE = SimpleNamespace(name="staging", kind="staging", embedded=False, is_sandbox=False, path=Path("staging.yaml"))
SANDBOX = SimpleNamespace(name="sandbox", kind="sandbox", embedded=True, is_sandbox=True, path=Path("sandbox.yaml"))


def judged(source, name, verdict="PASS", tags=(), line=1, **more):
    return Judged((source, line, name), tuple(tags), verdict, **more)


def planned(source, name, tags=(), line=1):
    return Planned(source, line, name, tuple(tags))


def observation(test, check, observed, verdict="PASS", n=1, **more):
    source, line, name = test.key
    place = {"run": "r", "source": source, "line": line, "name": name, "attempt": 1}
    record = {"check": check, "subject": "", "expected": "", "observed": observed, "n": n, "verdict": verdict}
    return place | record | {"waived": "", "controls": []} | more


def finished(tests, folder=Path("results"), *, suites="suites", environment=LIVE, deselected=(), **judgement):
    done = Judgement(tests=list(tests), **{name: list(value) for name, value in judgement.items()})
    return FinishedRun("r", folder, Path(suites), environment, done, 1.0, deselected=tuple(deselected))
