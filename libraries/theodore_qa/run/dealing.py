"""Which suites run in one process of pabot: they are dealt out like cards, since neighbours take about as long as each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

HANDS = 3  # for each process: whichever is free takes the next one
LEAST = 6  # suites in a hand, since each hand starts a robot and a sandbox
OWN_ORDER = ("--ordering", "--chunk", "--shard", "--testlevelsplit", "--suitesfrom")  # with which pabot divides the suites itself
OTHER_NAMES = ("--name", "-N")


def hands(suites: Sequence[str], processes: int) -> list[Sequence[str]]:
    """The suites in as many hands as keep ``processes`` busy to the end."""
    number = max(processes, min(processes * HANDS, len(suites) // LEAST))
    return [hand for first in range(number) if (hand := suites[first::number])]


def options(suites: Sequence[str], processes: int, given: Iterable[str], file: Path) -> list[str]:
    """The options by which pabot divides suites; ``given`` are the options of the user, which come first."""
    names = {part.partition("=")[0] for part in given}
    if names.intersection((*OWN_ORDER, *OTHER_NAMES)):
        return [] if names.intersection(("--ordering", "--chunk")) else ["--chunk"]
    dealt = (["{", *(f"--suite {name}" for name in hand), "}"] for hand in hands(suites, processes))
    file.write_text("".join(f"{line}\n" for lines in dealt for line in lines), encoding="utf-8")
    return ["--ordering", str(file)]
