"""Writers of one history that are killed at random: what they had acknowledged is there, and the file holds.

    python tests/soak/history.py --rounds 20
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from theodore_qa.history import store

WRITERS = 4
WRITER = """
import sys
from pathlib import Path
from theodore_qa.history import store
folder, name, tests = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
rows = [{"source": "a.robot", "name": f"T{i}", "attempt": 1, "verdict": "PASS", "seconds": 0.1, "digest": "d"} for i in range(tests)]
figures = dict.fromkeys(("exit_code", "passed", "failed", "not_evaluated", "skipped", "not_selected"), 0) | {"seconds": 1.0}
place = {"time": "t", "environment": "e", "root": "r", "profile": "q", "builds": {}, "low": None, "high": None, "label": None}
for number in range(10**6):
    problems = store.record(folder, place | figures | {"run": f"{name}-{number}", "gates": [], "tests": rows})
    print(f"{name}-{number}" if not problems else f"waits {name}-{number}", flush=True)
"""


def kept(folder):
    """The runs of a history whose file is whole, with all their tests."""
    with store.reading(folder) as database:
        if database is None:
            return {}
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = "SELECT runs.run, count(verdicts.test) FROM runs LEFT JOIN verdicts ON verdicts.run = runs.number GROUP BY runs.number"
        return dict(database.execute(rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--tests", type=int, default=200, help="of each run")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    draw = random.Random(options.seed)
    print(f"SEED={options.seed}")
    acknowledged = set()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(options.rounds):
            writers = [
                subprocess.Popen(
                    [sys.executable, "-c", WRITER, name, f"{number}-{writer}", str(options.tests)], stdout=subprocess.PIPE, text=True
                )
                for writer in range(WRITERS)
            ]
            lines = [[writer.stdout.readline().strip() for _ in range(draw.randrange(1, 4))] for writer in writers]
            for writer in draw.sample(writers, WRITERS):
                writer.send_signal(signal.SIGKILL)
            for writer, printed in zip(writers, lines, strict=True):
                rest = writer.stdout.read().split("\n")
                writer.wait()
                acknowledged |= {line for line in [*printed, *rest] if line and not line.startswith("waits")}
            found = kept(folder)
            lost = acknowledged - found.keys()
            torn = {run for run, tests in found.items() if tests != options.tests}
            print(f"round {number}: {len(acknowledged)} acknowledged, {len(found)} kept, {len(lost)} lost, {len(torn)} torn", flush=True)
            if lost or torn:
                sys.exit(1)
    print(f"0 of {options.rounds * WRITERS} kills lost or tore a run")


if __name__ == "__main__":
    main()
