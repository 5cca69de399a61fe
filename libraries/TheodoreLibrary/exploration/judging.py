"""What an exploration compares: each comparison is counted by its check, and each difference is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from theodore_qa.observing.display import compared


@dataclass(frozen=True)
class Difference:
    """A check that does not hold, in one step."""

    check: str
    expected: str
    observed: str
    field: str = ""  # of the answer's body, where a single field differs
    value: Any = None  # that it should have


class Judge:
    """Compares answers with the model."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, tuple[str, str]] = {}
        self.found: list[Difference] = []

    def that(self, check: str, holds: bool, expected: Any, observed: Any, field: str = "", value: Any = None) -> bool:
        """Count a comparison, and keep it where it does not hold."""
        texts = (str(expected), str(observed))
        self.counts[check] += 1
        self.examples.setdefault(check, texts)
        if not holds:
            self.found.append(Difference(check, *texts, field, value))
        return bool(holds)

    def equal(self, check: str, expected: Any, observed: Any, field: str = "") -> bool:
        """Compare two values, in value and type; ``field`` is the field of the answer's body that was compared."""
        holds = type(expected) is type(observed) and expected == observed
        return self.that(check, holds, *compared(expected, observed), field, expected)

    def fields(self, check: str, expected: dict[str, Any], observed: dict[str, Any]) -> None:
        """Compare the fields that the model knows, each by a check of its own."""
        for name, value in expected.items():
            holds = name in observed and type(value) is type(observed[name]) and observed[name] == value
            texts = compared(value, observed[name]) if name in observed else (compared(value, value)[0], "no such field")
            self.that(
                f"{check}_{name}",
                holds,
                f"{name} {texts[0]}",
                f"{name} {texts[1]}" if name in observed else texts[1],
                name,
                value,
            )
