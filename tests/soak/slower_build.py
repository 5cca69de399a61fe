"""A build whose analysis takes a fifth longer is found beside its reference, and equal builds are not said to differ.

Each is a sandbox; the dependencies of the slower one take 20 % longer to answer. Printed is what the keyword said of the phase. A comparison that
takes longer than its bound is ended, and red.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from robot.api import ExecutionResult

ROOT = Path(__file__).resolve().parents[2]
SUITE = """\
*** Settings ***
Library    LoadLibrary
Test Tags    system:theodore

*** Test Cases ***
Analysis Is No Slower
    VAR    &{{job}}    job=job_id
    VAR    &{{slack}}    company_name=Slack
    VAR    &{{phases}}    at=progress.details.phases    name=phase_name    milliseconds=duration_ms
    ${{start}} =    Define Load Step    POST    /research    json=${{slack}}    fields=${{slack}}    take=${{job}}    name=start
    ${{wait}} =    Define Load Step    GET    /research/{{{{job}}}}    fields=${{slack}}    phases=${{phases}}    every=20 ms    name=wait
    ...    until={{"status": "completed", "result.name": "Slack"}}
    ${{research}} =    Define Load Journey    research    ${{start}}    ${{wait}}
    Builds Should Be As Fast    ${{research}}    phases=ai_analysis    restarts={restarts}    iterations={iterations}    warm_up=1
    ...    most_restarts={most}
"""
ENDING = 30.0  # seconds for a robot that is ended to stop its sandboxes


def compared(folder, slower, given):
    """What the keyword said of the phase of two builds, the first of which is so many times slower; whether it came to its end."""
    sandbox = yaml.safe_load((ROOT / "variables" / "sandbox.yaml").read_text())
    theodore = {key: value for key, value in sandbox["systems"]["theodore"].items() if key not in ("proxies", "cli")}
    builds = {"theodore": slower, "theodore-reference": 1.0}
    sandbox["systems"] = {name: theodore | {"sandbox": theodore["sandbox"] | {"delay_scale": scale}} for name, scale in builds.items()}
    sandbox.pop("not_available")
    for name in ("companies", "thresholds", "waivers"):
        sandbox[name] = str(ROOT / "variables" / sandbox[name])
    (folder / "builds.yaml").write_text(yaml.safe_dump(sandbox))
    (folder / "builds.robot").write_text(SUITE.format(restarts=given.restarts, most=2 * given.restarts, iterations=given.iterations))
    command = [sys.executable, "-m", "robot", "--listener", "theodore_qa.listener.Listener", "--outputdir", str(folder)]
    env = os.environ | {"THEODORE_ENVIRONMENT": str(folder / "builds.yaml")}
    with subprocess.Popen([*command, str(folder / "builds.robot")], env=env, stdout=subprocess.DEVNULL) as robot:
        try:
            robot.wait(given.seconds)
        except subprocess.TimeoutExpired:
            robot.terminate()
            try:
                robot.wait(ENDING)
            except subprocess.TimeoutExpired:
                robot.kill()
            return False, f"not done within {given.seconds:g} s"
    (test,) = ExecutionResult(folder / "output.xml").suite.tests
    return True, f"{test.status} {test.message or 'no build is slower'}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--restarts", type=int, default=5, help="at first; twice as many at most")
    parser.add_argument("--iterations", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=300.0, help="the most for each of the two comparisons")
    given = parser.parse_args()
    held = True
    for scale in (1.2, 1.0):
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            done, message = compared(Path(folder), scale, given)
        found = "phase ai_analysis no slower" in message and "REGRESSED" in message
        held &= done and found == (scale > 1)
        print(f"dependencies {scale:g} times as slow: {message} ({time.monotonic() - began:.0f} s)", flush=True)
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
