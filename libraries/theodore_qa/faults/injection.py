"""Injecting and undoing faults for keywords: permitted, on targets of the environment, undone when the test ends."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from robot.api import SkipExecution

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, QaError, unknown, UsageError
from theodore_qa.faults.agent_client import agent, Fault, ImpossibleFaultError, LostError, NotInjectedError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from theodore_qa.systems.system import System

API = "api"
LONGEST = 600.0
STORE = "store"
REASONS = ("unknown", "no_effect", "not_restarted")  # sentences among the figures of an exposure


def inject(kind: str, parameters: dict[str, Any], *, duration: float, label: str) -> Fault:
    """Inject a fault that is undone when the test ends; one that the environment cannot have skips the test, saying why."""
    if not 0 < duration <= LONGEST:
        raise UsageError(f"The longest duration of a fault is {duration:g} s, expected more than 0 and at most {LONGEST:g} s.")
    context.system.permit("chaos")
    try:
        fault = agent.inject(kind, parameters, duration=duration, label=label)
    except ImpossibleFaultError as error:
        raise impossible(str(error), "chaos") from None
    except (NotInjectedError, LostError) as error:
        raise not_injected(label, str(error)) from None
    context.at_test_end(f"{fault} could not be undone", lambda: _end(fault))
    return fault


def on_link(link: str, toxic: str, attributes: dict[str, Any], *, duration: float, **more: Any) -> Fault:
    """Put a toxic on the proxy of a link."""
    parameters = proxy_of(link) | {"type": toxic, "attributes": attributes} | more
    listed = ", ".join(f"{name} {value}" for name, value in attributes.items() if isinstance(value, int | float))
    return inject(
        "toxic", parameters, duration=duration, label=f"{toxic} on {link} ({listed})" if listed else f"{toxic} on {link}"
    )


def proxy_of(link: str) -> dict[str, Any]:
    """Which proxy of which server stands on a link."""
    try:
        proxies = context.system.proxied()
        proxies.needed()
    except NotEvaluatedError as error:
        raise impossible(str(error), f"proxies.{link}") from None
    if link == STORE and link not in proxies.names:
        raise impossible(f"the environment {context.environment.name} reaches its store over no network", f"proxies.{link}")
    context.system.client.refuse_foreign(proxies.url)
    return {"api": proxies.url, "proxy": proxies.named(link)}


def groups() -> dict[str, tuple[str, ...]]:
    """The groups of links that the environment names."""
    proxies = context.system.entry.proxies
    return dict(proxies.groups) if proxies else {}


def pid_of(system: System, name: str) -> int | None:
    """The pid that a process has now; None where the environment does not know it.

    Raises:
        OSError, ValueError: The pid file cannot be read, or holds no number.
    """
    if name == API and system.entry.control:
        return int(system.beside(system.entry.control).send("GET", "/process").object()["pid"])
    file = system.entry.processes.get(name)
    return int((system.folder / file).read_text(encoding="ascii")) if file else None


def process_of(name: str) -> dict[str, Any]:
    """The pid of a process of the system under test, and the file that holds it, if one does."""
    system = context.system
    processes = system.entry.processes
    if name == API and system.entry.control:
        return {"pid": pid_of(system, name)}
    if name not in processes:
        if known := {*processes, *([API] if system.entry.control else [])}:
            raise unknown("process", name, known, system.environment.path.name)
        reason = f"the environment {system.environment.name} names no process '{name}' on this machine"
        raise impossible(reason, f"processes.{name}")
    path = (system.folder / processes[name]).resolve()
    try:
        return {"pid": pid_of(system, name), "file": str(path)}
    except (OSError, ValueError):
        reason = f"the pid file {path} of the process '{name}' cannot be read, or holds no number"
        raise not_injected(f"a fault of {name}", reason) from None


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
    """Record whether the faults disturbed anything, and were undone when asked to; returns whether that is so."""
    held = True
    for fault in faults:
        figures = ", ".join(f"{value} {name}" for name, value in fault.exposure.items() if name not in REASONS)
        if fault.lapsed:
            checks.not_evaluated("chaos.lease", f"{fault} held until it was undone", fault.ended)
        elif unseen := fault.exposure.get("unknown"):
            checks.not_evaluated("chaos.exposure", f"{fault} disturbs something", unseen)
        elif reason := fault.exposure.get("no_effect"):
            checks.not_evaluated("chaos.exposure", f"{fault} disturbs something", reason)
        elif fault.touched < at_least:
            checks.not_evaluated("chaos.exposure", f"{fault} touches at least {at_least}", f"it touched {figures or 'nothing'}")
        else:
            checks.that("chaos.exposure", holds=True, expected=f"{fault} disturbs something", observed=figures, n=fault.touched)
            if dead := fault.exposure.get("not_restarted"):
                checks.that("chaos.recovered", holds=False, expected=f"{fault.target} is started again", observed=dead)
            continue
        held = False
    return held


def impossible(reason: str, entry: str) -> SkipExecution:
    """What to raise where the environment cannot have a fault: the test is skipped, and was not evaluated.

    ``entry`` is what it would have to name; only its ``not_available`` waives that.
    """
    context.system.lacks(Checks("Fault"), "chaos.possible", "an environment that can have the fault", reason, entry)
    return SkipExecution(f"NOT EVALUATED: {reason.rstrip('.')}.")


def not_injected(label: str, reason: str) -> NotEvaluatedError:
    """What to raise where a fault could not be injected for a reason on the tester's side: nothing was evaluated."""
    checks = Checks("Fault", label)
    checks.not_evaluated("chaos.injected", f"{label} is injected", reason.rstrip("."))
    return NotEvaluatedError(f"NOT EVALUATED: {checks.done[-1]}.")


def _end(fault: Fault) -> None:
    if not fault.ended and (dead := undo(fault).exposure.get("not_restarted")):
        raise QaError(f"{dead}: nothing is to be undone, and whoever runs the system has to start it")
