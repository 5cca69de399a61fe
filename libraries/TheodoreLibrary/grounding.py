"""Whether what is said stands in the texts that it was made of: what stands nowhere was made up.

Names, numbers and addresses have to stand there as they are; sentences may be put in other words, but most of their longer
words have to come from the texts, and each of their numbers.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# What a record holds as it was found; classifications such as industry or business_model are judged by the truth instead.
FACTS = (
    "products", "key_personnel", "competitors", "technologies", "competitive_advantages", "locations", "investors",
    "founded_year", "employee_count", "headquarters", "contact_email", "phone", "revenue_range", "funding_stage",
    "total_funding", "social_media",
)  # fmt: skip
SENTENCES = ("description", "ai_summary", "target_market", "value_proposition", "market_position")
LEAST_SHARE = 0.5
LONG_WORD = 4
HIDDEN = re.compile(r"(?is)<(script|style)\b.*?</\1>")
TAG = re.compile(r"(?s)<[^>]+>")
ADDRESS = re.compile(r"://|@|^www\.")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
GROUPED = re.compile(r"(?<=\d)[,'\u2019\u00a0\u202f](?=\d{3}(?!\d))")


class Texts:
    """Texts to look in, each as it is and as people see it."""

    def __init__(self, texts: Iterable[str]) -> None:
        raw = "\n".join(texts)
        self.text = normalised(TAG.sub(" ", HIDDEN.sub(" ", raw)))
        self.links = normalised(raw)
        self.numbers = {float(number) for number in NUMBER.findall(self.text)}
        self.words = set(words(self.text))

    def hold(self, value: Any) -> bool:
        """Whether a fact stands there."""
        if isinstance(value, int | float):
            return float(value) in self.numbers
        text = normalised(str(value))
        return text in (self.links if ADDRESS.search(text) else self.text)

    def lacking(self, sentence: str) -> str:
        """What of a sentence comes from nowhere; empty if it is told in words of the texts."""
        if normalised(sentence) in self.text:
            return ""
        foreign = [number for number in NUMBER.findall(normalised(sentence)) if float(number) not in self.numbers]
        if foreign:
            return f"the number {foreign[0]}"
        long_words = [word for word in words(sentence) if len(word) >= LONG_WORD]
        unsupported = [word for word in long_words if word not in self.words and not self._is_form(word)]
        return (
            f"the words {', '.join(unsupported[:5])}"
            if len(long_words) - len(unsupported) < LEAST_SHARE * len(long_words)
            else ""
        )

    def _is_form(self, word: str) -> bool:
        """Whether a word is another form of one that is there."""
        stem = word[: max(LONG_WORD, len(word) - 3)]
        return any(other.startswith(stem) for other in self.words)


def ungrounded(record: Mapping[str, Any], texts: Texts) -> list[str]:
    """What a record says and the texts do not, each as one phrase."""
    found = [f"{name} '{fact}'" for name in FACTS for fact in _leaves(record.get(name)) if not texts.hold(fact)]
    for name in SENTENCES:
        unsupported = [(sentence, texts.lacking(sentence)) for sentence in sentences(str(record.get(name) or ""))]
        found += [f"{name} '{sentence}' ({reason})" for sentence, reason in unsupported if reason]
    return found


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [part.strip() for part in re.split(r"(?<=[.!?。])\s+|\n+", text) if part.strip()]


def normalised(text: str) -> str:
    """A text without what has no meaning: case, forms of quotation marks, width of spaces, separators in numbers."""
    text = unicodedata.normalize("NFKC", GROUPED.sub("", html.unescape(text))).casefold()
    text = text.translate({0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-"})
    return " ".join(text.split())


def words(text: str) -> list[str]:
    """The words of a text."""
    return re.findall(r"[^\W\d_]+", normalised(text))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value not in (None, "") and not isinstance(value, bool):
        yield value
