"""The facts of a canary company: values of fields that a record may have, drawn from a seed."""

from __future__ import annotations

import random
from typing import Any, TYPE_CHECKING

from theodore_qa.canary.words import ascii_word, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Facts = dict[str, Any]
STATED = 0.75  # the share of its fields that a site states, so that each site is silent about some
INDUSTRIES = ("education", "energy", "finance", "healthcare", "manufacturing", "media", "retail", "technology")
MODELS = ("b2b", "b2c", "marketplace")
CHIEF, FOUNDER = "chief executive", "founder"


class Chance(random.Random):
    """A source of chance with the words of one language."""

    def __init__(self, seed: str, language: str) -> None:
        super().__init__(seed)
        self.words = Words(language, self)

    def person(self, role: str) -> dict[str, str]:
        """Somebody with an office."""
        return {"name": f"{self.words.word()} {self.words.word()}".replace(" ", self.gap), "role": role}

    gap = " "


def _sum(source: Chance) -> str:
    return f"${source.randint(11, 989)} million"


def _people(source: Chance) -> list[dict[str, str]]:
    return [source.person(CHIEF)] if source.random() < 0.5 else [source.person(CHIEF), source.person(FOUNDER)]  # noqa: PLR2004  # a coin


EVERYWHERE: Mapping[str, Callable[[Chance], Any]] = {
    "headquarters": lambda source: source.words.word(),
    "founded_year": lambda source: source.randint(1871, 2019),
    "employee_count": lambda source: source.randint(1021, 98_989),
    "locations": lambda source: source.words.names(2, 4),
    "products": lambda source: source.words.names(2, 5),
    "technologies": lambda source: source.words.names(1, 3),
    "competitors": lambda source: source.words.names(2, 4),
    "investors": lambda source: source.words.names(1, 3),
    "key_personnel": _people,
    "contact_email": lambda source: f"{ascii_word(source)}@{ascii_word(source)}.example",
    "phone": lambda source: f"+{source.randint(20, 99)} {source.randint(10, 99)} 555 {source.randint(1000, 9999)}",
    "social_media": lambda source: {"linkedin": f"https://www.linkedin.com/company/{ascii_word(source)}"},
}
# What only sites in English state: in other languages it would be a matter of translation whether a record has it.
IN_ENGLISH: Mapping[str, Callable[[Chance], Any]] = {
    "industry": lambda source: source.choice(INDUSTRIES),
    "business_model": lambda source: source.choice(MODELS),
    "revenue_range": _sum,
    "total_funding": _sum,
    "funding_stage": lambda source: f"series {source.choice('ABCDE')}",
    "target_market": lambda source: f"weavers of {source.words.word()} in {source.words.word()}",
    "value_proposition": lambda source: f"{source.words.word()} before noon",
    "market_position": lambda source: f"largest maker of {source.words.word()} in {source.words.word()}",
    "competitive_advantages": lambda source: source.words.names(2, 3),
}
FIELDS = (*EVERYWHERE, *IN_ENGLISH)
# A system may judge these itself where no page states them.
JUDGED = ("industry", "business_model", "company_size", "tech_sophistication")


def ways(language: str) -> dict[str, Callable[[Chance], Any]]:
    """How each fact that a site in this language may state is drawn."""
    return {**EVERYWHERE, **(IN_ENGLISH if language == "en" else {})}


def draw(source: Chance, language: str, silent: tuple[str, ...]) -> Facts:
    """The facts of a site: a value for each field that it states, the ``silent`` ones left out."""
    drawn = {field: way(source) for field, way in ways(language).items()}
    stated = [field for field in drawn if field not in silent and source.random() < STATED]
    for field in ("headquarters", "employee_count", "products"):  # what nearly every site states
        if field not in silent and field not in stated:
            stated.append(field)
    return {field: value for field, value in drawn.items() if field in stated}
