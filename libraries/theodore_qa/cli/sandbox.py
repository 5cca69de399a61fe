"""``theodore sandbox``: a sandbox that stays up, for testers who explore it by hand or with an IDE."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, TYPE_CHECKING

import click

from theodore_qa import sandbox
from theodore_qa.errors import NotEvaluatedError, QaError, unknown, UsageError
from theodore_qa.systems import environment as environments

if TYPE_CHECKING:
    from theodore_qa.systems.environment import Environment

LONGEST_START = 120.0  # seconds
FOLDER = Path(".theodore")
STATE = FOLDER / "sandbox.json"
ENVIRONMENT = FOLDER / "sandbox-up.yaml"


@click.group("sandbox")
def group() -> None:
    """Keep a sandbox that stays up."""


@group.command("up")
@click.option("--defects", "names", default="", help="Names of defects or presets to switch on, with commas.")
def up(names: str) -> None:
    """Start a sandbox and print how to test it.

    Passwords are read from the environment variables of sandbox.yaml. Those that are unset are made up and printed as export
    lines, so that they stand in no file.
    """
    if _running():
        raise UsageError(f"A sandbox is up already ({STATE}): stop it with theodore sandbox down.")
    declared = environments.load(environments.locate("sandbox"))
    embedded = [system for system in declared.systems.values() if system.embedded]
    unset = [variable for system in embedded for variable in sandbox.make_passwords(system.declared, system.identities)]
    if names:
        os.environ[sandbox.DEFECTS_VARIABLE] = names
    FOLDER.mkdir(exist_ok=True)
    STATE.unlink(missing_ok=True)
    keeper = subprocess.Popen(
        [sys.executable, "-m", "theodore_qa.cli.sandbox", str(declared.path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    _wait_until_up(keeper)
    state = json.loads(STATE.read_text(encoding="utf-8"))
    click.echo(f"Up at {state['urls']['api']}. Test it with: theodore test e2e --environment {ENVIRONMENT}")
    for variable in unset:
        click.echo(f"export {variable}={os.environ[variable]}")


def _wait_until_up(keeper: subprocess.Popen[bytes]) -> None:
    """Wait for the file that says where the sandbox is; raise the keeper's own sentence if it ended without it."""
    deadline = time.monotonic() + LONGEST_START
    while not STATE.is_file():
        ended = keeper.poll() is not None
        if ended or time.monotonic() > deadline:
            # Of a keeper that lives, its errors would be waited for without end.
            output = keeper.stderr.read().decode() if ended and keeper.stderr else ""
            keeper.kill()
            last = next(iter(reversed(output.strip().splitlines())), "The sandbox did not start within 2 min.")
            raise QaError(last.partition("Error: ")[2] or last)  # of a traceback, the message of its error
        time.sleep(0.02)


@group.command("down")
def down() -> None:
    """Stop the sandbox."""
    state = _running()
    if not state:
        click.echo("No sandbox is up.")
        return
    os.kill(state["pid"], signal.SIGTERM)
    deadline = time.monotonic() + 15
    while _running():
        if time.monotonic() > deadline:
            raise QaError(f"The sandbox with pid {state['pid']} did not stop within 15 s.")
        time.sleep(0.02)
    click.echo("Down.")


@group.command("status")
def status() -> None:
    """Say whether a sandbox is up, and where."""
    state = _running()
    if not state:
        click.echo("No sandbox is up.")
        click.get_current_context().exit(1)
    for name, url in (state or {})["urls"].items():
        click.echo(f"{name:<10} {url}")


@group.command("defects")
@click.argument("names", nargs=-1)
@click.option("--off", is_flag=True, help="Switch all defects off.")
def defects(names: tuple[str, ...], *, off: bool) -> None:
    """List the defects and presets; with NAMES switch exactly these on in the sandbox that is up."""
    state, presets = _running(), sandbox.presets()
    if not state:
        if names or off:
            raise UsageError("No sandbox is up: start one with theodore sandbox up.")
        for line in sandbox.known_defects():
            click.echo(f"{line['name']:<24} {line['check']:<34} {line['what']}")
        for preset, meant in presets.items():
            click.echo(f"{preset:<24} stands for {', '.join(meant)}")
        return
    url = f"{state['urls']['control']}/defects"
    known = _json("GET", url)
    for name in names:
        if name not in (there := [*(defect["name"] for defect in known), *presets]):
            raise unknown("defect", name, there)
    for defect in _json("PUT", url, list(names)) if names or off else known:
        click.echo(f"{'on ' if defect['on'] else 'off'} {defect['name']:<24} {defect['what']}")


def _json(method: str, url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310  # our own sandbox
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # our own sandbox
        return json.load(answer)


def _running() -> dict[str, Any] | None:
    try:
        state: dict[str, Any] = json.loads(STATE.read_text(encoding="utf-8"))
        with urllib.request.urlopen(f"{state['urls']['api']}/api/v2/version", timeout=5) as answer:  # noqa: S310  # our own sandbox
            return state if json.load(answer)["build"]["instance_id"] == state["instance"] else None
    except (OSError, ValueError, KeyError, urllib.error.URLError):
        return None


def _started(declared: Environment) -> tuple[dict[str, sandbox.Sandbox], list[str]]:
    """The embedded systems, started, and those that a plain installation lacks something for; the default one has to start."""
    running, lacking = {}, []
    for name, system in declared.systems.items():
        if not system.embedded:
            continue
        try:
            running[name] = system.new_sandbox()
        except NotEvaluatedError:
            if name == declared.default or not declared.default:
                raise
            lacking.append(name)
    return running, lacking


def keep(path: Path) -> None:
    """Start the embedded systems, write where they are, and stop them when asked to."""
    declared = environments.load(path)
    running, lacking = _started(declared)
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    signal.signal(signal.SIGINT, lambda *_: stop.append(1))
    entries = {name: (declared.systems[name].declared, started) for name, started in running.items()}
    sandbox.write_environment(declared, entries, ENVIRONMENT, without=lacking)
    first = next(iter(running.values()))
    part = STATE.with_suffix(".part")
    part.write_text(json.dumps({"pid": os.getpid(), "instance": first.instance, "urls": first.urls}), encoding="utf-8")
    part.rename(STATE)
    try:
        while not stop and all(started.process.poll() is None for started in running.values()):
            time.sleep(0.1)
    finally:
        for started in running.values():
            started.stop()
        STATE.unlink(missing_ok=True)
        ENVIRONMENT.unlink(missing_ok=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
