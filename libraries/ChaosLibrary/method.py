"""The method of an experiment: each of its faults, at the experiment's intensity."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ChaosLibrary import link_faults, process_faults
from theodore_qa.errors import UsageError
from theodore_qa.faults import injection

if TYPE_CHECKING:
    from collections.abc import Callable

    from ChaosLibrary.definitions import Experiment
    from theodore_qa.faults.agent_client import Fault

SPARE = 30.0  # seconds that a lease may outlast the experiment's duration, for the rollback
SEED = 1  # chooses the requests that are hit; the first one is, at an intensity above 0.13
LINK_FAULTS = ("latency", "reset", "swallow", "hang", "error", "malformed", "cut", "bandwidth")


def needs_proxies(experiment: Experiment) -> bool:
    """Whether one of the faults is on a link."""
    return any(fault["kind"] in LINK_FAULTS for fault in experiment.faults)


def method_of(experiment: Experiment) -> list[Callable[[], Fault]]:
    """The calls that inject the faults of an experiment; a fault of a group of links is one of each link."""
    killed: dict[str, Fault] = {}
    return [
        partial(_injected, _injection_of(fault["kind"], target, experiment), fault, killed)
        for fault in experiment.faults
        for target in _targets(fault)
    ]


def _targets(fault: dict[str, str]) -> tuple[str, ...]:
    groups = injection.groups()
    if fault["target"] in groups and fault["kind"] not in LINK_FAULTS:
        raise UsageError(f"The target '{fault['target']}' is a group of links, and {fault['kind']} is no fault of a link.")
    return groups.get(fault["target"], (fault["target"],))


def _injected(inject: Callable[[], Fault], fault: dict[str, str], killed: dict[str, Fault]) -> Fault:
    """Inject a fault; one of a process that was killed before hits the process that its supervisor started."""
    if before := killed.pop(fault["target"], None):
        injection.undo(before)
    injected = inject()
    injected.group = f"{fault['kind']} on {fault['target']}"
    if fault["kind"] == "kill":
        killed[fault["target"]] = injected
    return injected


def _injection_of(kind: str, target: str, experiment: Experiment) -> Callable[[], Fault]:
    """The call that injects a fault at the experiment's intensity."""
    strength = experiment.intensity
    lasts = experiment.duration + SPARE
    remaining = 1 - strength
    http = partial(link_faults.http_fault, target, rate=strength, seed=SEED, duration=lasts)
    injections: dict[str, Callable[[], Fault]] = {
        "latency": lambda: link_faults.latency(target, 2 * strength, jitter=0.2 * strength, duration=lasts),
        "reset": lambda: link_faults.reset(target, share=strength, duration=lasts),
        "swallow": lambda: link_faults.black_hole(target, share=strength, duration=lasts),
        "error": lambda: http("status"),
        "malformed": lambda: http("malformed_json"),
        "hang": lambda: http("hang"),
        "cut": lambda: link_faults.link_down(target, duration=lasts),
        "bandwidth": lambda: link_faults.bandwidth(target, max(1, round(200 * remaining)), duration=lasts),
        "memory": lambda: process_faults.limit_memory(target, round(12 - 2 * strength), duration=lasts),
        "starve": lambda: process_faults.throttle_cpu(target, min(0.95, strength), duration=lasts),
        "files": lambda: process_faults.limit_file_handles(target, max(1, int(20 * remaining)), duration=lasts),
        "connections": lambda: process_faults.exhaust_connections(max(1, int(500 * strength)), duration=lasts),
        "kill": lambda: process_faults.kill(target),
        "pause": lambda: process_faults.pause(target, duration=lasts),
    }
    return injections[kind]
