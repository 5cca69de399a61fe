"""What judging and reporting a large run costs, beside what ``rebot`` needs for the same output: CPU time and memory, by turns.

The reports are all of ours: readiness.html, JSON, JUnit, Markdown, CSV and SARIF, from the start of the process on, with output.xml
and the evidence read. log.html and report.html are what rebot writes, in a run of ours as in one of its own, and are not counted.

python tests/bench/report_bench.py [TESTS OBSERVATIONS]
"""

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import large_runs

TESTS, OBSERVATIONS = 3600, 50_000
ROUNDS = 3
LIMIT_MB, LIMIT_PAGE = 500, 1_000_000


def ours(folder):
    """Judge the run in the folder and write our reports; in a process of its own."""
    from judged_runs import LIVE

    from theodore_qa.observing import evidence
    from theodore_qa.readiness import assessing
    from theodore_qa.report.readiness import ReadinessReport
    from theodore_qa.report.reporter import write_all
    from theodore_qa.report.sarif import FindingsReport
    from theodore_qa.run import judge, merge, outputs, plan
    from theodore_qa.run.finished import FinishedRun

    began = time.process_time()
    read, problems = merge.read_all([(folder / "output.xml", "output.xml")])
    sources, took = list(read.values()), time.process_time() - began
    root = folder / "suites"
    tests = tuple(plan.Planned.of(test, root) for test in sources[0].suite.all_tests)
    recorded = evidence.read(folder / "evidence", large_runs.RUN)
    judgement = judge.judge(plan.Plan(root, tests), outputs.tests(sources[0], root), recorded, problems)
    results = folder / "results"
    results.mkdir(exist_ok=True)
    run = FinishedRun(large_runs.RUN, results, root, LIVE, judgement, 1.0, merge.merged(sources), recorded.findings)
    write_all((FindingsReport(), ReadinessReport(assessing.demands(None, None, None))), run)
    (folder / "seconds").write_text(f"{took:.2f}")
    print(f"{judgement.count('PASS')} PASS, {judgement.count('FAIL')} FAIL, {judgement.count('NOT EVALUATED')} NOT EVALUATED, "
          f"{len(judgement.observations)} observations, problems: {judgement.problems}")  # fmt: skip


def cost(*command):
    """CPU seconds and the peak of memory in MB of a process."""
    pid = os.posix_spawn(sys.executable, [sys.executable, *map(str, command)], os.environ)
    _, status, usage = os.wait4(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(tests, observations):
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        large_runs.write(folder, tests, observations)
        size = (folder / "output.xml").stat().st_size
        print(f"{tests} tests, {observations} observations, output.xml {size / 1e6:.1f} MB, seed {large_runs.SEED}", flush=True)
        theirs, own, peaks = [], [], []
        for _ in range(ROUNDS):
            options = ("--output", "NONE", "--outputdir", folder, "--nostatusrc")
            theirs.append(cost("-m", "robot.rebot", *options, folder / "output.xml")[0])
            seconds, peak = cost(__file__, "--ours", folder)
            own.append(seconds)
            peaks.append(peak)
        page = (folder / "results/readiness.html").stat().st_size
        read = (folder / "seconds").read_text()
        best, rebot = min(own), min(theirs)
        print(f"judging and reporting {best:.2f} s of CPU, {read} s of it for output.xml; rebot {rebot:.2f} s: "
              f"ratio {best / rebot:.2f} (best of {ROUNDS} by turns)")  # fmt: skip
        print(f"peak of memory {max(peaks):.0f} MB of {LIMIT_MB}; readiness.html {page / 1e6:.2f} MB of {LIMIT_PAGE / 1e6:.0f}")
        return 0 if best < rebot and max(peaks) < LIMIT_MB and page < LIMIT_PAGE else 1


if __name__ == "__main__":
    if "--ours" in sys.argv:
        ours(Path(sys.argv[-1]))
    else:
        numbers = [int(number) for number in sys.argv[1:]]
        sys.exit(main(*(numbers or (TESTS, OBSERVATIONS))))
