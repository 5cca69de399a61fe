"""ChaosLibrary: faults that really happen, always go away, and prove something only where they touched something."""

from __future__ import annotations

from ChaosLibrary.keywords.availability import AvailabilityKeywords
from ChaosLibrary.keywords.experiments import ExperimentKeywords
from ChaosLibrary.keywords.machines import MachineKeywords
from ChaosLibrary.keywords.network import NetworkKeywords
from ChaosLibrary.keywords.rollback import UndoKeywords
from theodore_qa.library import Library


class ChaosLibrary(Library):
    """Injects faults into a system under test and looks at what its users see of them.

    Every fault is a lease: it is undone by `Undo Fault`, when the test ends, when its longest time is over, and when whoever
    injected it is gone, even if it was killed. ``theodore chaos status`` lists what is active, ``theodore chaos rollback``
    undoes it. The environment must allow chaos and its target prove itself.

    Network faults need a proxy on the link: the embedded sandbox has one on each, other environments name a Toxiproxy server
    in ``proxies``. What an environment cannot have is skipped, with the reason.
    """

    SYSTEM = ""

    def __init__(self) -> None:
        """Import without arguments: the environment file says the rest."""
        super().__init__([NetworkKeywords(), MachineKeywords(), UndoKeywords(), ExperimentKeywords(), AvailabilityKeywords()])
