"""Grounding: whether the texts that a record was made from support what it says; what they do not support was invented.

The texts must hold names, numbers and addresses as they are. Sentences may be rephrased, but most of their longer words and
each of their numbers must come from the texts.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, TYPE_CHECKING

from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Fields that quote the pages. Classifications, such as industry or business_model, are compared with the truth instead.
FACTS = (
    "products", "key_personnel", "competitors", "technologies", "competitive_advantages", "locations", "investors",
    "founded_year", "employee_count", "headquarters", "contact_email", "phone", "revenue_range", "funding_stage",
    "total_funding", "social_media",
)  # fmt: skip
SENTENCES = ("description", "ai_summary", "target_market", "value_proposition", "market_position")
LEAST_SHARE = 0.5  # a summary adds words of its own, and an invented sentence shares few
LONG_WORD = 4
HIDDEN = re.compile(r"(?is)<(script|style)\b.*?</\1>")
TAG = re.compile(r"(?s)<[^>]+>")
ADDRESS = re.compile(r"://|@|^www\.")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
GROUPED = re.compile(r"(?<=\d)[,'\u2019\u00a0\u202f](?=\d{3}(?!\d))")


class Texts:
    """Source texts, each as it is and as a browser shows it."""

    def __init__(self, texts: Iterable[str]) -> None:
        raw = "\n".join(texts)
        self.text = normalised(TAG.sub(" ", HIDDEN.sub(" ", raw)))
        self.links = normalised(raw)
        self.numbers = {float(number) for number in NUMBER.findall(self.text)}
        self.words = set(words(self.text))

    def hold(self, value: Any) -> bool:
        """Whether the texts hold a fact."""
        if isinstance(value, int | float):
            return float(value) in self.numbers
        text = normalised(str(value))
        return text in (self.links if ADDRESS.search(text) else self.text)

    def lacking(self, sentence: str) -> str:
        """The part of a sentence that the texts do not support; empty if they support it."""
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
        """Whether a word is another form of a word in the texts."""
        stem = word[: max(LONG_WORD, len(word) - 3)]
        return any(other.startswith(stem) for other in self.words)


def ungrounded(record: Mapping[str, Any], texts: Texts) -> list[str]:
    """Facts and sentences of a record that the texts do not support, each as a phrase."""
    found = [f"{name} '{fact}'" for name in FACTS for fact in leaves_of(record.get(name)) if not texts.hold(fact)]
    for name in SENTENCES:
        unsupported = [(sentence, texts.lacking(sentence)) for sentence in sentences(str(record.get(name) or ""))]
        found += [f"{name} '{sentence}' ({reason})" for sentence, reason in unsupported if reason]
    return found


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [part.strip() for part in re.split(r"(?<=[.!?。])\s+|\n+", text) if part.strip()]


def normalised(text: str) -> str:
    """A text without differences that mean nothing: case, kinds of quotation marks and spaces, separators in numbers."""
    from html import unescape

    text = unicodedata.normalize("NFKC", GROUPED.sub("", unescape(text))).casefold()
    text = text.translate({0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-"})
    return " ".join(text.split())


def words(text: str) -> list[str]:
    """The words of a text."""
    return re.findall(r"[^\W\d_]+", normalised(text))


def leaves_of(value: Any) -> list[Any]:
    """The facts in a value: each item of a list and of a mapping, without empty ones."""
    return [leaf for _, leaf in pointers.leaves(value) if leaf not in (None, "") and not isinstance(leaf, bool)]
