"""The proof that findings hold: scans of the sandbox with all probes, healthy and with each security defect.

The healthy sandbox has no finding above info, each time. With a defect its probe finds it, with the probe's weakness and at the
defect's place, and no other probe finds anything above info but what the defect declares as its consequences.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from SecurityLibrary import probes
from theodore_sandbox.defects.security import CONSEQUENCES, LOCATIONS, SECURITY

SUITE = """\
*** Settings ***
Library    SecurityLibrary

*** Test Cases ***
Scan
    Scan API    allow_changes=True    seed={seed}
    Save Findings    found.json
    Findings Should Not Exceed    critical
"""
LONGEST = 900


def scanned(defect, seed):
    """The findings above info of a scan with a defect, or none, and how long it took; no file is no scan."""
    with tempfile.TemporaryDirectory() as folder:
        suite = Path(folder) / "scan.robot"
        suite.write_text(SUITE.format(seed=seed))
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("THEODORE_", "ROBOT_"))}
        command = [
            sys.executable,
            "-m",
            "robot",
            "--listener",
            "theodore_qa.listener.Listener",
            "--outputdir",
            folder,
            str(suite),
        ]
        began = time.monotonic()
        done = subprocess.run(
            command, cwd=folder, env=environment | {"THEODORE_SANDBOX_DEFECTS": defect}, capture_output=True, text=True,
            timeout=LONGEST, check=False,
        )  # fmt: skip
        file = Path(folder) / "found.json"
        if not file.is_file():
            raise RuntimeError(done.stdout)
        listed = json.loads(file.read_text())["findings"]
        return [finding for finding in listed if finding["severity"] != "info"], time.monotonic() - began


def wrong_with(defect, found):
    """What is not as it should be; empty if all is."""
    if defect is None:
        return [f"{finding['probe']} at {finding['places'][0]}: {finding['observed']}" for finding in found]
    probe = defect.check.removeprefix("security.")
    own = [finding for finding in found if finding["probe"] == probe]
    expected = (probe, *CONSEQUENCES.get(defect.name, ()))
    problems = [
        f"also {finding['probe']} at {finding['places'][0]}: {finding['observed']}"
        for finding in found
        if finding["probe"] not in expected
    ]
    if not own:
        return ["not found", *problems]
    if any(finding["cwe"] != probes.load(probe).cwe for finding in own):
        problems.append(f"CWE {own[0]['cwe']} instead of {probes.load(probe).cwe}")
    if not any(place.startswith(LOCATIONS[defect.name]) for finding in own for place in finding["places"]):
        problems.append(f"at {own[0]['places']} instead of {LOCATIONS[defect.name]}")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", help="only these defects")
    parser.add_argument("--healthy", type=int, default=20, help="scans of the healthy sandbox")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--at-once", type=int, default=2)
    given = parser.parse_args()
    source = random.Random(given.seed)
    chosen = [defect for defect in SECURITY if not given.names or defect.name in given.names]
    jobs = [(defect, source.randrange(10**6)) for defect in [*([None] * given.healthy), *chosen]]
    print(f"{given.healthy} healthy scans and {len(chosen)} defects, seed {given.seed}", flush=True)

    def problems_of(job):
        defect, seed = job
        found, took = scanned(defect.name if defect else "", seed)
        problems = wrong_with(defect, found)
        name = defect.name if defect else "healthy"
        print(f"{'NOT' if problems else 'ok '} {name} ({took:.0f} s, seed {seed}) {'; '.join(problems)}", flush=True)
        return problems

    with ThreadPoolExecutor(given.at_once) as pool:
        bad = sum(bool(problems) for problems in pool.map(problems_of, jobs))
    print(f"{len(jobs) - bad} of {len(jobs)} scans as they should be")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
