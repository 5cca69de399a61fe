"""Which suites run in one process of pabot: shares that take equally long by earlier times.

Where these are not known, suites are dealt out like cards, since neighbours take about as long as each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

HANDS = 3  # for each process: whichever is free takes the next one
SET_UP = 2.0  # seconds of a suite besides its tests, about, which no history has: it mostly researches a company
LEAST = 6  # suites in a hand, since each hand starts a robot and a sandbox
OWN_ORDER = ("--ordering", "--chunk", "--shard", "--testlevelsplit", "--suitesfrom")  # with which pabot divides the suites itself
OTHER_NAMES = ("--name", "-N")


def hands(suites: Sequence[str], processes: int, usual: Mapping[str, float]) -> list[Sequence[str]]:
    """The suites in as many hands as keep ``processes`` busy to the end.

    Args:
        suites: by their full names.
        processes: that run side by side.
        usual: how many seconds suites took when they last ran; without those of half of the suites they count for nothing.
    """
    number = max(processes, min(processes * HANDS, len(suites) // LEAST))
    if len(usual) * 2 < len(suites):
        return [hand for first in range(number) if (hand := suites[first::number])]
    mean = sum(usual.values()) / max(1, len(usual))
    seconds = {suite: SET_UP + usual.get(suite, mean) for suite in suites}
    dealt: list[list[str]] = [[] for _ in range(number)]
    for suite in sorted(suites, key=seconds.__getitem__, reverse=True):
        min(dealt, key=lambda hand: (sum(map(seconds.__getitem__, hand)), len(hand))).append(suite)
    return [hand for hand in dealt if hand]


def options(
    suites: Sequence[str], processes: int, given: Iterable[str], file: Path, usual: Mapping[str, float] | None = None
) -> list[str]:
    """The options by which pabot divides suites; ``given`` are the options of the user, which come first."""
    names = {part.partition("=")[0] for part in given}
    if names.intersection((*OWN_ORDER, *OTHER_NAMES)):
        return [] if names.intersection(("--ordering", "--chunk")) else ["--chunk"]
    dealt = (["{", *(f"--suite {name}" for name in hand), "}"] for hand in hands(suites, processes, usual or {}))
    file.write_text("".join(f"{line}\n" for lines in dealt for line in lines), encoding="utf-8")
    return ["--ordering", str(file)]
