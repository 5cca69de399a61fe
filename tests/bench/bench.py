"""``make bench``: ratios measured in one run, each the median of interleaved rounds with its spread."""

import compileall
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 9
LIBRARIES = ("TheodoreLibrary", "ApiLibrary", "ChaosLibrary", "PromptCraftLibrary", "SecurityLibrary", "QualityLibrary", "TestDataLibrary")
BUDGET = 30.0
# What pabot and robot are both given: suites of some seconds each, without those that wait for limits or breakers.
SCENARIOS = (
    "enterprise_saas_research",
    "emerging_startup_research",
    "non_existent_company_handling",
    "international_company_research",
    "research_lifecycle",
    "research_isolation",
    "hybrid_discovery",
    "tenant_isolation",
)
ROOT = Path(__file__).resolve().parents[2]


def imported(statement):
    """Seconds that a statement takes in a fresh process that has imported robot.running."""
    code = f"import time, robot.running; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout) * 1000


def spread(values):
    return f"median {statistics.median(values):.1f}, {min(values):.1f} to {max(values):.1f}"


def imports():
    """Each Library's import beyond robot.running, in milliseconds; the first round warms the file cache."""
    compileall.compile_dir(ROOT / "libraries", quiet=1)
    figures = {library: [] for library in LIBRARIES}
    for number in range(ROUNDS + 1):
        for library in LIBRARIES:
            took = imported(f"from {library} import {library}; {library}()")
            if number:
                figures[library].append(took)
    late = 0
    for library, values in figures.items():
        median = statistics.median(values)
        late += median > BUDGET
        print(f"import {library}: {spread(values)} ms beyond robot.running (at most {BUDGET:.0f})")
    return late


def run(folder, *options):
    began = time.perf_counter()
    chosen = [part for name in SCENARIOS for part in ("--scenario", name)]
    command = [sys.executable, "-c", "from theodore_qa.cli import main; main()", "test", "e2e", *chosen, *options]
    done = subprocess.run(
        [*command, "--performance-check", "--data-quality-check"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return time.perf_counter() - began


def parallel():
    """pabot with two processes against robot on the same suites, of which an earlier run has left the times."""
    robot, pabot = [], []
    with tempfile.TemporaryDirectory() as folder:
        run(folder, "--no-parallel")
        for _ in range(7):
            robot.append(run(folder, "--no-parallel"))
            pabot.append(run(folder, "--processes", "2"))
    ratios = [alone / together for alone, together in zip(robot, pabot, strict=True)]
    print(f"robot: {spread(robot)} s; pabot with 2 processes: {spread(pabot)} s; robot / pabot: {spread(ratios)}")
    return statistics.median(ratios) <= 1


def started():
    """The embedded sandbox from its start to its first answer, in milliseconds."""
    from theodore_qa import paths
    from theodore_qa.systems import environment

    declared = environment.load(paths.shipped("variables") / "sandbox.yaml")
    values = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        running = declared.system("theodore").new_sandbox()
        values.append((time.perf_counter() - began) * 1000)
        running.stop()
    print(f"sandbox up: {spread(values)} ms (under 2000)")
    return statistics.median(values) >= 2000


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, {ROUNDS} rounds")
    sys.exit(1 if imports() + started() + parallel() else 0)
