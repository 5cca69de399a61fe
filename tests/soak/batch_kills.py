"""The proof that a batch survives: SIGKILLs of the sandbox's API at random moments of one batch, which then ends by itself.

Each killed process is started again by its parent, takes its sockets over and resumes the batch from its checkpoints. At the end
the keyword `Each Company Should Have One Outcome` looks at every company: none lost, doubled, moved, mixed up or left undecided,
and no site read more often than the companies at work at the kills can explain.
"""

import argparse
import os
import random
import signal
import sys
import time

from TestDataLibrary import TestDataLibrary
from theodore_qa.context import context
from theodore_qa.errors import QaError
from TheodoreLibrary import batches, TheodoreLibrary

CONCURRENCY = 4
LONGEST = 120.0


def process_id(system):
    return system.beside(system.entry.control).send("GET", "/process").object()["pid"]


def alive(batch):
    """Ask until the process that was started again answers."""
    deadline = time.monotonic() + LONGEST
    while True:
        try:
            if batches.ask(batch).ok:
                return batch.state
            batch.answers.pop()
        except QaError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.02)


def trial(kills, companies, source):
    """One batch with so many kills; returns how many came while it was at work, and what was wrong."""
    data, library, system = TestDataLibrary(), TheodoreLibrary(), context.system
    distinct = list(dict.fromkeys(data.run_keyword("create_company_batch", [70], {})))
    names = (distinct * (1 + companies // len(distinct)))[:companies]
    batch = batches.start(batches.as_companies(names), None, "research", concurrency=CONCURRENCY)
    moments = []
    for outcomes in sorted(source.sample(range(companies - 2 * CONCURRENCY), kills)):
        batches.wait_for_progress(batch, outcomes, LONGEST)
        time.sleep(source.uniform(0.0, 0.2))
        state = alive(batch)
        if state["status"] in batches.FINAL:
            break
        pid = process_id(system)
        os.kill(pid, signal.SIGKILL)
        batch.breaks += 1
        moments.append(state["completed"] + state["failed"])
        while True:
            try:
                if process_id(system) != pid:
                    break
            except QaError:
                pass
            time.sleep(0.02)
        alive(batch)
    batches.follow(batch, LONGEST)
    wrong = []
    for name in ("each_company_should_have_one_outcome", "batch_numbers_should_add_up"):
        try:
            library.run_keyword(name, [batch], {})
        except QaError as error:
            wrong.append(str(error))
    return moments, wrong, batch


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--companies", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    source = random.Random(options.seed)
    print(f"Seed {options.seed}", flush=True)
    bad = 0
    try:
        for number in range(options.rounds):
            moments, wrong, batch = trial(options.kills, options.companies, source)
            if len(moments) < options.kills:
                wrong.append(f"only {len(moments)} of {options.kills} kills came while it was at work: give it more companies")
            bad += bool(wrong)
            outcomes = ", ".join(map(str, moments))
            print(f"{number + 1:>3} {len(moments)} kills after {outcomes} outcomes: {'; '.join(wrong) or batches.progress(batch)}")
    finally:
        context.close()
    print(f"{options.rounds - bad} of {options.rounds} batches with {options.kills} kills each ended with each company once")
    return bad


if __name__ == "__main__":
    sys.exit(bool(main()))
