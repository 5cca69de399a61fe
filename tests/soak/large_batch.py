"""The proof that a batch of 10,000 companies streams: through keyword and sandbox, with little memory in each process.

One in a hundred does not exist: each of these fails, and stands with its reason in the table of all that failed.
"""

import argparse
import csv
import sys
import tempfile
import threading
import time
from pathlib import Path
from unittest import mock

import psutil

from TestDataLibrary import TestDataLibrary
from theodore_qa import artefacts
from theodore_qa.context import context
from theodore_qa.errors import QaError
from TheodoreLibrary import batches, TheodoreLibrary

MOST = 300  # MB in each process
STEP = 30.0  # seconds between two lines of progress
UNKNOWN, EACH = "Fake Corp ABC456", 100


class Memory(threading.Thread):
    """The greatest resident memory of this process and of each process below it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.greatest, self.ended = {}, threading.Event()

    def run(self):
        own = psutil.Process()
        while not self.ended.wait(0.5):
            for process in [own, *own.children(recursive=True)]:
                try:
                    role = "keywords" if process.pid == own.pid else " ".join(process.cmdline()[2:4]) or "sandbox"
                    self.greatest[role] = max(self.greatest.get(role, 0), process.memory_info().rss)
                except psutil.Error:
                    continue

    def excesses(self):
        """Print what each process took; returns what of it was too much."""
        for role, size in sorted(self.greatest.items()):
            print(f"{size / 1e6:>6.0f} MB {role}")
        return [f"{role} took more than {MOST} MB" for role, size in sorted(self.greatest.items()) if size > MOST * 1e6]


def unnamed(batch, folder):
    """What is wrong with the table of the companies that failed."""
    expected = [row for row in batches.outcomes(batch) if row["company_name"] == UNKNOWN]
    tables = sorted(Path(folder).glob("*.csv"))
    listed = [row for table in tables[-1:] for row in csv.DictReader(table.open(encoding="utf-8", newline=""))]
    named = sum(row["Company"] == UNKNOWN and row["Status"] == "failed" and bool(row["Reason"]) for row in listed)
    print(f"{named} of {len(expected)} companies that do not exist named with their reason, {len(listed)} in the table")
    return [] if named == len(expected) else [f"{len(expected) - named} companies that failed are not named"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--companies", type=int, default=10_000)
    options = parser.parse_args()
    memory, wrong = Memory(), []
    memory.start()
    try:
        names = TestDataLibrary().run_keyword("create_company_batch", [options.companies], {})
        names[EACH - 1 :: EACH] = [UNKNOWN] * len(names[EACH - 1 :: EACH])
        began = time.monotonic()
        batch = batches.start(batches.as_companies(names), None, "research", concurrency=20)
        while batches.ask(batch).ok and batch.status not in batches.FINAL:
            print(f"{time.monotonic() - began:>6.0f} s {batches.progress(batch)}", flush=True)
            time.sleep(STEP)
        took = time.monotonic() - began
        library = TheodoreLibrary()
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(artefacts, "folder", return_value=Path(folder)):
            for name, more in (("batch_should_be_successful", {}), ("each_company_should_have_one_outcome", {"readings": False})):
                try:
                    library.run_keyword(name, [batch], more)
                except QaError as error:
                    wrong.append(str(error))
            wrong += unnamed(batch, folder)
        print(f"{len(names)} companies in {took:.0f} s, {len(names) / took:.1f} a second: {batches.progress(batch)}")
    finally:
        memory.ended.set()
        context.close()
    wrong += memory.excesses()
    print("; ".join(wrong) or "each company once")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
