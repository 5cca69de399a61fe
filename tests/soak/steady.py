"""``make steady``: ``make test`` on fresh clones again and again, every other time with two busy processes beside it."""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "results" / "steady.json"
BUSY = 2


@contextlib.contextmanager
def busy(count):
    """So many processes that take all the processor time they get."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def run(number, *, loaded):
    """Run ``make test`` on a fresh clone; returns what came of it, and keeps the output of a red one."""
    with tempfile.TemporaryDirectory(prefix="steady-") as folder, busy(BUSY if loaded else 0):
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        began = time.monotonic()
        done = subprocess.run(["make", "test"], cwd=folder, capture_output=True, text=True, check=False)
        seconds = round(time.monotonic() - began)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    if done.returncode:
        path = FIGURES.parent / f"steady-{number}.log"
        path.write_text(done.stdout + done.stderr, encoding="utf-8")
        last += f" (see {path})"
    return {"green": done.returncode == 0, "loaded": loaded, "seconds": seconds, "last": last}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10)
    given = parser.parse_args()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    FIGURES.parent.mkdir(exist_ok=True)
    rows = json.loads(FIGURES.read_text()) if FIGURES.is_file() else []
    for number in range(1, given.runs + 1):
        row = {"commit": commit[:12]} | run(number, loaded=number % 2 == 0)
        rows.append(row)
        FIGURES.write_text(json.dumps(rows, indent=2))
        state = "green" if row["green"] else "RED"
        print(f"{number}/{given.runs} {state}{', loaded' if row['loaded'] else ''}, {row['seconds']} s: {row['last']}", flush=True)
    return 0 if all(row["green"] for row in rows[-given.runs :]) else 1


if __name__ == "__main__":
    sys.exit(main())
