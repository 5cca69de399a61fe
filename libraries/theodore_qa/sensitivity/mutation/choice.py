"""Which mutants are tried: one for each line and family, drawn by a seed, strings last."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from theodore_qa.sensitivity.mutation.candidates import Candidate, candidates, STRING
from theodore_qa.sensitivity.mutation.healthy_code import normal_form, only_for_defects
from theodore_qa.sensitivity.mutation.mutant import Mutant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Key = tuple[str, int, str]


@dataclass
class Draw:
    """The mutants that were drawn, of how many lines and families, and those that were passed over as judged equivalent."""

    mutants: list[Mutant]
    population: int
    equivalents: list[tuple[Mutant, str]] = field(default_factory=list)


def draw(
    sources: Mapping[str, str],
    count: int,
    seed: int,
    *,
    equivalents: Mapping[tuple[str, str, str, str], str] | None = None,
    within: Callable[[str, int], bool] = lambda _file, _line: True,
) -> Draw:
    """``count`` mutants, at most one of each line and family; the same for the same seed and sources.

    What only a defect or a type checker would notice is not drawn.

    Args:
        sources: The files by name.
        count: How many.
        seed: of the choice.
        equivalents: The reasons of mutants that were judged to be equivalent.
        within: Whether a line of a file may be changed.
    """
    source_of_chance = random.Random(seed)  # noqa: S311  # chooses mutants, keeps no secret
    groups: dict[Key, list[Candidate]] = {}
    for file, source in sources.items():
        for candidate in candidates(file, source):
            if within(file, candidate.line):
                groups.setdefault((file, candidate.line, candidate.family), []).append(candidate)
    keys = sorted(groups)
    source_of_chance.shuffle(keys)
    keys.sort(key=lambda key: key[2] == STRING)
    healthy = _Healthy(sources)
    drawn = Draw([], len(keys))
    for key in keys:
        if len(drawn.mutants) == count:
            break
        members = groups[key]
        source_of_chance.shuffle(members)
        for candidate in members:
            mutated = candidate.mutated(sources[candidate.file])
            if mutated is None or healthy.same(candidate.file, mutated):
                continue
            mutant = Mutant(candidate, sources[candidate.file], mutated)
            reason = (equivalents or {}).get((candidate.file, candidate.operator, *mutant.change))
            if reason is None:
                drawn.mutants.append(mutant)
                break
            drawn.equivalents.append((mutant, reason))
    return drawn


class _Healthy:
    def __init__(self, sources: Mapping[str, str]) -> None:
        self.sources = sources
        self.unused = only_for_defects(sources.values())
        self._originals: dict[str, str] = {}

    def same(self, file: str, mutated: str) -> bool:
        """Whether a healthy run does the same with the mutated source of a file."""
        if file not in self._originals:
            self._originals[file] = normal_form(self.sources[file], self.unused)
        return normal_form(mutated, self.unused) == self._originals[file]
