"""1,000,000 executions: stored, counted by the sandbox, recomputed and compared, with time and memory of each step.

``python tests/bench/analytics_bench.py [COUNT]``; fails above 60 s or 1 GB for what the tester's side does with the answer.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import yaml

from PromptCraftLibrary.analytics import columns, comparison, figures, requests, store
from TestDataLibrary import executions
from theodore_qa import paths
from theodore_qa.context import context
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder, Verdict
from theodore_qa.systems import environment

MOST_SECONDS, MOST_MEMORY = 60, 1000  # MB
IDENTITY = "admin"


def main(count: int) -> int:
    """Measure; 1 if a limit is broken or a figure is off."""
    opened = environment.load(_patient(paths.find("variables", "sandbox.yaml")))
    context._environment = opened  # of this process alone
    with context.calling("promptcraft", "promptcraft"):
        try:
            return _measure(count)
        finally:
            context.close()


def _measure(count: int) -> int:
    system = context.system
    source, tenant = store.source_of(system), system.identity(IDENTITY).tenant
    made = executions.make(count, 7, agents=40, days=29)
    began = time.monotonic()
    store.write(source, tenant, made)
    stored = time.monotonic()
    requests.invalidate(IDENTITY)
    insights = requests.insights(IDENTITY, "30d", "hour")
    answered = time.monotonic()
    before = _memory()
    counted = columns.read(source, tenant=tenant).between(*insights.period)
    read = time.monotonic()
    checks = Checks("Figures")
    with recorder.calling("figures_should_be_right", ()):  # what no keyword records is no pass
        for part in comparison.NAMES:
            comparison.compare(checks, part, insights.data, counted, figures.Rules(), granularity="hour")
    compared = time.monotonic()
    right = sum(check.verdict is Verdict.PASS for check in checks.done)
    took = compared - answered
    print(f"{count} executions of {len(counted.users)} users and {len(counted.agents)} agents")
    print(f"generated and stored   {stored - began:6.1f} s")
    print(f"answered by the system {answered - stored:6.1f} s")
    print(f"read back              {read - answered:6.1f} s")
    print(f"recomputed, compared   {compared - read:6.1f} s   {right} of {len(checks.done)} checks passed")
    print(f"verified in            {took:6.1f} s   of at most {MOST_SECONDS} s")
    print(f"memory of this process {_memory():6.0f} MB  of at most {MOST_MEMORY} MB ({before:.0f} MB before)")
    whole = right == len(checks.done) and len(counted) == count
    return 0 if whole and took < MOST_SECONDS and _memory() < MOST_MEMORY else 1


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _patient(path: Path) -> Path:
    """The sandbox's environment with more time for an answer."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    data["systems"]["promptcraft"]["timeout"] = "5 min"
    for name in ("companies", "thresholds", "waivers"):
        if name in data:
            data[name] = str(path.parent / data[name])
    for system in data["systems"].values():
        system["extends"] = str(path.parent / system["extends"])
    file = Path(tempfile.mkdtemp()) / "sandbox.yaml"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    return file


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
