"""``make steady``: ``make test`` on fresh clones until ten rounds of this commit have ended, every other one on a busy machine.

A round that has ended is on record by its commit in results/steady.json, so a call that was stopped is taken up where it ended: only the
round that was under way is run again. A red round names the tests that failed, with the part and the moment; its output stays beside the
record.
"""

import argparse
import contextlib
import datetime as dt
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "results" / "steady.json"
BUSY = 2
PART = re.compile(r"== (\w+)$")
# What pytest, `theodore test` and its proofs write of a test as soon as it has ended, then what only their ends tell.
FAILURES = (
    re.compile(r"\[gw\d+\].* (?:FAILED|ERROR) (\S.*)"),
    re.compile(r"\[ *\d+/\d+\] (?:FAIL|NOT EVALUATED) +(\S.*?) \(\d"),
    re.compile(r"NOT (?!EVALUATED)(\S.*)"),
    re.compile(r"((?:GATE FAILED|INCOMPLETE): .*)"),
    re.compile(r"(make\S* \*\*\* .*)"),
)


def git(*arguments):
    """What git says of this tree."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def finished(commit):
    """The rounds of a commit that are on record, by number."""
    rows = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else []
    return {row["round"]: row for row in rows if row["commit"] == commit and "round" in row}


def record(row):
    """Add a round to the record; whoever stops the process now finds the record as it was, or whole."""
    rows = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else []
    fresh = RECORD.with_suffix(".new")
    fresh.write_text(json.dumps([*rows, row], indent=2), encoding="utf-8")
    fresh.replace(RECORD)


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


def failures(lines, clock):
    """Each line that names a failure as text, part and minute of the round; the same text counts once in a part."""
    part, found = "", {}
    for line in lines:
        if match := PART.match(line):
            part = match[1]
        for pattern in FAILURES:
            if match := pattern.match(line):
                found.setdefault((part, match[1].strip()), round(clock() / 60, 1))
                break
    return [{"part": part, "minute": minute, "what": what} for (part, what), minute in found.items()]


def copied(stream, path):
    """The lines of a stream, each written to a file as it comes."""
    with path.open("w", encoding="utf-8") as log:
        for line in stream:
            log.write(line)
            log.flush()
            yield line.rstrip("\n")


def run(number, commit, command):
    """Run the command on a fresh clone of the commit; returns what came of it, and keeps the output of a red round."""
    loaded = number % 2 == 0
    log = RECORD.parent / f"steady-{commit}-{number}.log"
    with tempfile.TemporaryDirectory(prefix="steady-") as folder, busy(BUSY if loaded else 0):
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        subprocess.run(["git", "checkout", "--quiet", "--detach", commit], cwd=folder, check=True)
        # Each test in a line of its own as it ends: its moment is the failure's moment.
        environment = os.environ | {"PYTEST_ADDOPTS": "--verbose"}
        at, began = dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            text=True,
            errors="replace",
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            failed = failures(copied(process.stdout, log), lambda: time.monotonic() - began)
            green = process.wait() == 0
        finally:
            with contextlib.suppress(ProcessLookupError):  # a round that is stopped leaves nothing running
                os.killpg(process.pid, signal.SIGTERM)
        seconds = round(time.monotonic() - began)
    if green:
        log.unlink()
    return {"commit": commit, "round": number, "at": at, "green": green, "loaded": loaded, "seconds": seconds, "failed": failed}


def described(row, rounds):
    """A round in a line, with a line for each of its failures."""
    state = "green" if row["green"] else "RED"
    yield f"{row['round']}/{rounds} {state}{', loaded' if row['loaded'] else ''}, {row['at']}, {row['seconds']} s"
    yield from (f"    {failure['part']}, minute {failure['minute']}: {failure['what']}" for failure in row["failed"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10, help="Rounds of this commit in all, those on record included.")
    parser.add_argument("--again", action="store_true", help="Forget the rounds of this commit that are on record.")
    parser.add_argument("command", nargs="*", default=["make", "test"], help="What a round runs; `make test` by default.")
    options = parser.parse_args()
    commit = git("rev-parse", "--short=12", "HEAD")
    RECORD.parent.mkdir(exist_ok=True)
    if git("status", "--porcelain", "--untracked-files=no"):
        print(f"Changes that are not committed are in no clone: {commit} is tested without them.", flush=True)
    if options.again and RECORD.is_file():
        others = [row for row in json.loads(RECORD.read_text(encoding="utf-8")) if row["commit"] != commit]
        RECORD.write_text(json.dumps(others, indent=2), encoding="utf-8")
    for number in range(1, options.runs + 1):
        row = finished(commit).get(number)
        if row is None:
            row = run(number, commit, options.command)
            record(row)
        print(*described(row, options.runs), sep="\n", flush=True)
    rows = [row for number, row in finished(commit).items() if number <= options.runs]
    green = sum(row["green"] for row in rows)
    loaded = [row for row in rows if row["loaded"]]
    print(
        f"{commit}: {green} of {len(rows)} rounds green, {sum(row['green'] for row in loaded)} of {len(loaded)} on a busy machine"
    )
    return 0 if green == options.runs else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped: the same command goes on with the round that was under way.")
