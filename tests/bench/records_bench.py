"""How long 1,000,000 records take from each kind of file, and how much memory: each run in a process of its own.

python tests/bench/records_bench.py [ROWS]
"""

import csv
import datetime as dt
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = 1_000_000
SEED = 27
LIMIT_MB = 400
HEADER = ("id", "name", "email", "country", "amount", "updated_at", "parent_id", "note")
START = dt.datetime.now(dt.UTC) - dt.timedelta(days=20)


def made(rows):
    """Records with a doubled id, a missing name, a wrong e-mail and an old time each thousandth, at different places."""
    source = random.Random(SEED)
    for number in range(1, rows + 1):
        yield {
            "id": f"C{number - 1 if number % 1000 == 1 and number > 1 else number:08}",
            "name": "" if number % 1000 == 2 else f"Company {number}, Inc",
            "email": "nobody" if number % 1000 == 3 else f"mail{number}@example.com",
            "country": source.choice(("DE", "FR", "US", "JP")),
            "amount": f"{source.gauss(100, 20):.2f}",
            "updated_at": (START + dt.timedelta(seconds=number - (90 * 86400 if number % 1000 == 4 else 0))).isoformat(),
            "parent_id": f"C{max(1, number // 2):08}",
            "note": 'said "yes"\nand left' if number % 10 == 0 else "",
        }


def write(folder, rows):
    files = {"csv": folder / "rows.csv", "json lines": folder / "rows.jsonl", "json array": folder / "rows.json"}
    with (
        files["csv"].open("w", newline="") as text,
        files["json lines"].open("w") as lines,
        files["json array"].open("w") as array,
    ):
        table = csv.DictWriter(text, HEADER)
        table.writeheader()
        array.write("[")
        for number, record in enumerate(made(rows)):
            table.writerow(record)
            typed = json.dumps(record | {"amount": float(record["amount"])})
            lines.write(typed + "\n")
            array.write(("," if number else "") + typed)
        array.write("]")
    return files


def measure(path):
    """In a process of its own: each keyword's time, and the peak of memory."""
    from QualityLibrary import QualityLibrary
    from theodore_qa.errors import QaError
    from theodore_qa.observing.observations import recorder

    library, times = QualityLibrary(), {}
    recorder.enter_suite()

    def timed(title, keyword, arguments, fails="", **options):
        began, message = time.monotonic(), ""
        result = None
        try:
            result = library.run_keyword(keyword, arguments, options)
        except QaError as error:
            message = str(error)
        times[title] = time.monotonic() - began
        assert (fails in message) if fails else not message, (title, message)
        return result

    types = {"amount": "number", "updated_at": "datetime"}
    records = timed("read", "read_records", [Path(path)], types=types)
    part = f"{len(records) // 1000:,} of {len(records):,} records fail"
    timed("completeness", "records_should_be_complete", [records, "name"], fails=part)
    schema = {
        "properties": {"email": {"format": "email"}, "country": {"enum": ["DE", "FR", "US", "JP"]}, "amount": {"minimum": -50}}
    }
    timed("validity", "records_should_be_valid", [records], schema=schema, fails=part)
    timed("uniqueness", "records_should_be_unique", [records, "id"], fails=f"{len(records) // 1000 - 1:,} values in")
    timed("references", "records_should_refer_to", [records, "parent_id", records, "id"], fails="records.references")
    timed("freshness", "records_should_be_fresh", [records, "updated_at"], fails=part)
    profile = Path(path).with_suffix(".profile.json")
    timed("profile", "profile_of_records", [records, profile])
    timed("drift", "records_should_not_have_drifted", [records, profile])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"times": times, "peak": peak, "cpu": time.process_time()}))


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        for kind, path in write(Path(folder), rows).items():
            done = subprocess.run([sys.executable, __file__, "--measure", path], capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(done.stderr)
            figures = json.loads(done.stdout.splitlines()[-1])
            steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in figures["times"].items())
            size = path.stat().st_size / 1e6
            print(
                f"{rows:,} records, {kind} ({size:.0f} MB): {sum(figures['times'].values()):.1f} s ({figures['cpu']:.1f} s of CPU), peak {figures['peak']:.0f} MB: {steps}"
            )
            assert figures["peak"] < LIMIT_MB, f"more than {LIMIT_MB} MB"


if __name__ == "__main__":
    measure(sys.argv[2]) if sys.argv[1:2] == ["--measure"] else main()
