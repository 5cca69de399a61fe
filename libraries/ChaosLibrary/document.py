"""``python -m ChaosLibrary.document``: docs/CHAOS_EXPERIMENTS.md as the definitions make it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ChaosLibrary.definitions import load, MEANINGS
from theodore_qa.timing import show

if TYPE_CHECKING:
    from ChaosLibrary.definitions import Experiment

HEAD = """# Chaos experiments

Made from `variables/experiments.yaml` by `make docs`; do not edit by hand. Run one with
`theodore test chaos --experiment NAME`, a group of them by the group's name.

Each experiment takes the same course. Probes establish the steady state; without it, nothing is injected. The fault lasts for
its duration, with probes beside it. The rollback undoes all faults. Then probes run every 100 ms until the steady state has held
long enough. An experiment is **NOT EVALUATED** when the fault touched nothing, when its lease lapsed, or when fewer than 3 probes
ran during it. It fails when too few probes are good, when an answer is wrong, when it is aborted, or when recovery takes longer
than its limit. With `--profile quick` a fault lasts a tenth of its duration, 3 to 6 seconds.

Each fault is held by a lease of 5 seconds, which a helper renews while Robot lives. The agent, or the guardian in its place,
undoes the fault when the lease lapses, when its maximum duration is over, and when its holder is gone. `theodore chaos status`
lists the active faults; `theodore chaos rollback` undoes them. The exposure of a fault is its blast radius: how many connections,
requests, bytes or processes it has disturbed. What only passed a fault without being disturbed does not count.

## Proxies for a system of your own

A fault of a link needs a proxy on it: a Toxiproxy server, or the product's own proxy, which also has HTTP faults and corrupted
data. It starts without Robot, and ends quietly on Ctrl-C or SIGTERM:

    theodore chaos proxy --proxy redis 127.0.0.1:26379 127.0.0.1:6379 --proxy openai 127.0.0.1:28080 api.example.test:80

The system reaches its dependency at the first address, the proxy passes on to the second. `--config FILE` takes the JSON list of
proxies that a Toxiproxy server takes. Name the proxies in the environment file, and run the suites beside it:

    proxies: {url: "http://127.0.0.1:8474", links: {redis: redis, openai: openai}}
"""


def document() -> str:
    """The whole document."""
    parts = [HEAD, "## What an intensity of 0 to 1 means\n", "| fault | meaning |\n|---|---|"]
    parts += [f"| {kind} | {meaning} |" for kind, meaning in MEANINGS.items()]
    parts.append("\n## The experiments\n")
    for experiment in load().values():
        parts.append(_described(experiment))
    return "\n".join(parts) + "\n"


def _described(experiment: Experiment) -> str:
    faults = ", ".join(f"{fault['kind']} on {fault['target']}" for fault in experiment.faults)
    operational, slowest = f"{experiment.operational:.0%}", show(experiment.slowest)
    rows = [
        ("type", experiment.type),
        ("groups", ", ".join(experiment.groups) or "-"),
        ("fault", faults),
        ("duration, intensity", f"{show(experiment.duration)}, {experiment.intensity:g}"),
        ("probe", f"{experiment.probe.name}: {experiment.probe.method} {experiment.probe.path}"),
        ("steady state", f"{experiment.success:.0%} of the probes good, 95th percentile at most {show(experiment.ceiling)}"),
        ("during the fault", f"at least {operational} of the probes good, no wrong answer"),
        ("aborted", f"from 6 probes on: surely below {operational} good ones (95 %), or above {slowest} at the 95th percentile"),
        ("recovery", f"within {show(experiment.recovery)}, held for {show(experiment.hold)}"),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"### {experiment.name}\n{experiment.title}.\n\n| | |\n|---|---|\n{table}\n"


if __name__ == "__main__":
    sys.stdout.write(document())
