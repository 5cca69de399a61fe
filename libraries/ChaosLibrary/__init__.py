"""ChaosLibrary: faults that really happen, are always undone, and count only where they touched something."""

from __future__ import annotations

from ChaosLibrary.keywords.availability import AvailabilityKeywords
from ChaosLibrary.keywords.experiments import ExperimentKeywords
from ChaosLibrary.keywords.machines import MachineKeywords
from ChaosLibrary.keywords.network import NetworkKeywords
from ChaosLibrary.keywords.rollback import UndoKeywords
from theodore_qa.library import Library


class ChaosLibrary(Library):
    """Injects faults into a system under test and checks what its users notice of them.

    Every fault is held by a lease. It is undone by `Undo Fault`, when the test ends, when its maximum duration is over, and
    when the process that injected it is gone, even if it was killed. ``theodore chaos status`` lists the active faults,
    ``theodore chaos rollback`` undoes them. The environment must allow chaos, and its target must prove its identity.

    Network faults need a proxy on the link. The embedded sandbox has one on each link; other environments name a Toxiproxy
    server in ``proxies``. A fault that an environment cannot have is skipped, with the reason.
    """

    SYSTEM = ""

    def __init__(self) -> None:
        """Takes no arguments: the environment file holds the configuration."""
        super().__init__([NetworkKeywords(), MachineKeywords(), UndoKeywords(), ExperimentKeywords(), AvailabilityKeywords()])
