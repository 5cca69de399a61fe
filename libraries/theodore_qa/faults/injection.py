"""Injecting and undoing faults for keywords: permitted, on targets of the environment, undone when the test ends."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from robot.api import SkipExecution

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, QaError, unknown, UsageError
from theodore_qa.faults.agent_client import agent, Fault, ImpossibleFaultError, LostError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 600.0
STORE = "store"


def inject(kind: str, parameters: dict[str, Any], *, duration: float, label: str) -> Fault:
    """Inject a fault that is undone when the test ends; one that the environment cannot have skips the test, saying why."""
    if not 0 < duration <= LONGEST:
        raise UsageError(f"The longest duration of a fault is {duration:g} s, expected more than 0 and at most {LONGEST:g} s.")
    context.system.permit("chaos")
    try:
        fault = agent.inject(kind, parameters, duration=duration, label=label)
    except ImpossibleFaultError as error:
        raise impossible(str(error), "chaos") from None
    context.at_test_end(f"{fault} could not be undone", lambda: _end(fault))
    return fault


def on_link(link: str, toxic: str, attributes: dict[str, Any], *, duration: float, **more: Any) -> Fault:
    """Put a toxic on the proxy of a link."""
    parameters = proxy_of(link) | {"type": toxic, "attributes": attributes} | more
    listed = ", ".join(f"{name} {value:g}" for name, value in attributes.items() if isinstance(value, int | float))
    return inject(
        "toxic", parameters, duration=duration, label=f"{toxic} on {link} ({listed})" if listed else f"{toxic} on {link}"
    )


def proxy_of(link: str) -> dict[str, Any]:
    """Which proxy of which server stands on a link."""
    try:
        proxies = context.system.proxied()
    except NotEvaluatedError as error:
        raise impossible(str(error), f"proxies.{link}") from None
    if link == STORE and link not in proxies.names:
        raise impossible(f"the environment {context.environment.name} reaches its store over no network", f"proxies.{link}")
    context.system.client.refuse_foreign(proxies.url)
    return {"api": proxies.url, "proxy": proxies.named(link)}


def process_of(name: str) -> int:
    """The pid of a process of the system under test."""
    from pathlib import Path

    system = context.system
    processes = system.entry.processes
    if name == "api" and system.entry.control:
        return int(system.beside(system.entry.control).send("GET", "/process").object()["pid"])
    if name not in processes:
        if processes:
            raise unknown("process", name, processes, system.environment.path.name)
        reason = f"the environment {system.environment.name} names no process '{name}' on this machine"
        raise impossible(reason, f"processes.{name}")
    path = Path(processes[name])
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise QaError(f"The pid file {path} of the process '{name}' cannot be read, or holds no number.") from None


def container_of(name: str) -> dict[str, Any]:
    """A container of the system under test."""
    system = context.system
    containers = system.entry.containers
    if name not in containers:
        if containers:
            raise unknown("container", name, containers, system.environment.path.name)
        raise impossible(f"the environment {system.environment.name} names no container '{name}'", f"containers.{name}")
    return {"container": containers[name], "docker": system.entry.docker or None}


def undo(fault: Fault) -> Fault:
    """Undo a fault, once; returns it with what it touched."""
    if not fault.ended:
        try:
            agent.undo(fault)
        except LostError as error:
            fault.ended = str(error)
        except QaError as error:
            contaminated(str(error))
            raise
    return fault


def contaminated(what: str) -> None:
    """Have the whole run count as incomplete: something stayed injected."""
    recorder.note("failure", what=what.rstrip("."))


def judge_exposure(checks: Checks, faults: Iterable[Fault], at_least: int = 1) -> bool:
    """Record whether the faults touched anything, and were undone when asked to; returns whether that is so."""
    held = True
    for fault in faults:
        if fault.lapsed:
            checks.not_evaluated("chaos.lease", f"{fault} held until it was undone", fault.ended)
        elif "unknown" in fault.exposure:
            checks.not_evaluated("chaos.exposure", f"{fault} touches something", fault.exposure["unknown"])
        elif fault.touched < at_least:
            what = ", ".join(f"{value} {name}" for name, value in fault.exposure.items()) or "nothing"
            checks.not_evaluated("chaos.exposure", f"{fault} touches at least {at_least}", f"it touched {what}")
        else:
            what = ", ".join(f"{value} {name}" for name, value in fault.exposure.items() if value)
            checks.that("chaos.exposure", holds=True, expected=f"{fault} touches something", observed=what, n=fault.touched)
            continue
        held = False
    return held


def impossible(reason: str, entry: str) -> SkipExecution:
    """What to raise where the environment cannot have a fault: the test is skipped, and was not evaluated.

    ``entry`` is what it would have to name; only its ``not_available`` waives that.
    """
    context.system.lacks(Checks("Fault"), "chaos.possible", "an environment that can have the fault", reason, entry)
    return SkipExecution(f"NOT EVALUATED: {reason.rstrip('.')}.")


def _end(fault: Fault) -> None:
    undo(fault)
