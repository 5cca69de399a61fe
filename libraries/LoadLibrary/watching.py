"""Memory and CPU of the system under load: a process on this machine, or a container."""

from __future__ import annotations

from typing import Protocol, TYPE_CHECKING

from theodore_qa.errors import unknown
from theodore_qa.faults import injection
from theodore_qa.log import log_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from theodore_load.results import Result
    from theodore_qa.faults.usage import Usage
    from theodore_qa.systems.system import System

INTERVAL = 0.1


class Watch(Protocol):
    """What samples a process or container."""

    process: str
    reason: str
    samples: list[Usage]

    def stop(self) -> None:
        """Stop sampling."""


def start(system: System, name: str) -> Watch:
    """Start to watch a process or container that the environment names; the API's process may be one that it does not name."""
    from theodore_qa.faults import container_usage, usage

    entry = system.entry
    if name in entry.containers and name not in entry.processes:
        return container_usage.watch(system, name).start()
    if name != injection.API and name not in entry.processes:
        known = [*entry.processes, *entry.containers, injection.API]
        raise unknown("process or container", name, known, system.environment.path.name)
    return usage.UsageWatch(name, lambda: injection.pid_of(system, name), INTERVAL).start()


def during(result: Result, watch: Watch | None) -> list[Usage]:
    """The samples that were taken while a load lasted, not while its client started and ended."""
    began, samples = result.began, watch.samples if watch else []
    return [sample for sample in samples if began <= sample.moment <= began + result.seconds]


def series(samples: Sequence[Usage], figure: str) -> list[tuple[float, float]]:
    """A figure over time, in seconds since the first sample."""
    return [(sample.moment - samples[0].moment, float(getattr(sample, figure))) for sample in samples]


def by_answers(result: Result, samples: Sequence[Usage], figure: str) -> list[tuple[float, float]]:
    """A figure over the number of answers so far."""
    moments = [sample.moment - result.began for sample in samples]
    return [(answered, float(getattr(s, figure))) for answered, s in zip(result.answered(moments), samples, strict=True)]


def log(result: Result, watch: Watch) -> None:
    """What the system used, in the log; nothing where it was not seen."""
    samples = during(result, watch)
    if not samples:
        return
    rows = []
    for figure, unit in (("cpu", " cores"), ("memory", " MB"), ("handles", ""), ("connections", "")):
        values = [value for _, value in series(samples, figure)]
        mean = sum(values) / len(values)
        rows.append((figure, *(f"{value:.1f}{unit}" for value in (values[0], mean, max(values), values[-1]))))
    log_table(f"What {watch.process} used in {len(samples)} samples", ("Figure", "First", "Mean", "Most", "Last"), rows)
