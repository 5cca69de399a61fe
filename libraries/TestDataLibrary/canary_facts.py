"""Compares what a record says with what the site of a canary says, field by field."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa.canary.facts import CHIEF, FIELDS, FOUNDER, JUDGED
from theodore_qa.observing.display import written
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from TestDataLibrary.canaries import Canary

FACT, STALE, LEAK, INVENTED = "canary.fact", "canary.stale", "canary.leak", "canary.invented"
PROSE = ("description", "ai_summary")
OWN = (
    "domain",
    "website",
    "data_sources",
    "last_updated",
    "research_depth",
    "confidence_score",
    "company_size",
    "tech_sophistication",
)
EMPTY: tuple[Any, ...] = (None, "", [], {}, "unknown")
SHORTEST = 5  # letters of a word that is known again
HALF = 0.5  # of the words of a sentence: with fewer from the site it is about something else
ROLES = {
    CHIEF: r"chief|ceo|vorstand|directeur|direction|president|社長|geschäftsführ",
    FOUNDER: r"founder|gründ|fondat|創業",
}
MONEY = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*(million|billion|mio|mrd|m|b|bn)?", re.IGNORECASE)
NUMBER = re.compile(r"\d[\d.,]*\d|\d")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=。)\s*")


@dataclass(frozen=True)
class Difference:
    """A field that does not hold what its page says; ``missing`` if the record has no such field."""

    check: str
    expected: str
    observed: str
    missing: bool = False


def differences(record: Mapping[str, Any], canary: Canary, others: Iterable[Canary] = ()) -> list[Difference]:
    """What a record says otherwise than the site, or beyond it."""
    known, pages = list(others), _pages(canary)
    found = []
    for name in ("name", *FIELDS):
        if name in _stated_by(canary):
            found += _stated(name, record, canary, known, pages)
        elif record.get(name) not in EMPTY and name not in JUDGED:
            expected = f"no {name}, which no page of {canary.address} states"
            found.append(_explained(name, record[name], canary, known, expected, INVENTED))
    for name in PROSE:
        found += _prose(name, str(record.get(name) or ""), canary, known, pages)
    for name in sorted(record.keys() - {"name", *FIELDS, *PROSE, *OWN}):
        found += _foreign(name, record[name], canary, known, pages)
    return found


def held(record: Mapping[str, Any], canary: Canary) -> list[str]:
    """The fields that hold what the site states."""
    pages = _pages(canary)
    filled = [name for name in canary.facts if record.get(name) not in EMPTY]
    return [name for name in filled if _same(name, canary.facts[name], record[name], pages)]


def stated_by(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says of a company: its fields with a value, those that a system may judge itself left out."""
    return {name: record[name] for name in FIELDS if record.get(name) not in EMPTY and name not in JUDGED}


def _stated_by(canary: Canary) -> dict[str, Any]:
    """What a site states, the company's name among it."""
    return {"name": canary.name, **canary.facts}


def _pages(canary: Canary) -> str:
    """The text of all pages."""
    return normalised(" ".join(canary.site.texts().values()))


def _stated(name: str, record: Mapping[str, Any], canary: Canary, others: list[Canary], pages: str) -> list[Difference]:
    fact = _stated_by(canary)[name]
    expected = f"{name} {shown_value(fact)}, as {canary.url_of(name)} says"
    if name not in record:
        return [Difference(FACT, expected, f"the record has no field {name}", missing=True)]
    if record[name] in EMPTY:
        return [Difference(FACT, expected, f"no {name}")]
    if _same(name, fact, record[name], pages):
        return []
    return [_explained(name, record[name], canary, others, expected, FACT)]


def _explained(name: str, value: Any, canary: Canary, others: list[Canary], expected: str, check: str) -> Difference:
    """A wrong value, with where it comes from if that is known."""
    observed, own = shown_value(value), _stated_by(canary).get(name)
    for former in canary.site.former.get(name, ()):
        if _shares(former, value, own):
            return Difference(STALE, expected, f"{observed}, as the page said before it was changed")
    for other in others:
        if _shares(_stated_by(other).get(name), value, own):
            return Difference(LEAK, expected, f"{observed}, as {other.url_of(name)} says of another company")
    return Difference(check, expected, observed)


def _shares(source: Any, value: Any, own: Any) -> bool:
    """Whether a value has something of a source that the site's own value has not."""
    return bool((_parts(source) & _parts(value)) - _parts(own))


def _same(name: str, expected: Any, observed: Any, pages: str) -> bool:
    """Whether an observed value holds the fact and no other; words that stand on the pages may stand beside it."""
    if form := _FORMS.get(name):
        return bool(form(expected) == form(observed))
    if isinstance(expected, list | dict):
        alike = isinstance(observed, type(expected)) and len(observed) == len(expected)
        return alike and _parts(expected) == _parts(observed)
    fact, text = normalised(expected), normalised(observed)
    beside = set(re.findall(r"\w+", text.replace(fact, " "))) <= set(re.findall(r"\w+", pages))
    return fact == text or (fact in text and beside and name not in JUDGED)


def _prose(name: str, text: str, canary: Canary, others: list[Canary], pages: str) -> Iterator[Difference]:
    """Sentences that have something of another site, of former pages, or nothing of this one."""
    expected = f"{name} of what the pages of {canary.address} say"
    invented = _invented(canary)
    own = set(words(pages)) | invented
    former = _former(canary) - own
    numbers = {_number(number) for number in NUMBER.findall(pages)}
    for sentence in filter(None, map(str.strip, SENTENCE_END.split(text))):
        used = set(words(normalised(sentence)))
        source = next((other for other in others if used & _invented(other) - own - former), None)
        foreign = [number for number in NUMBER.findall(sentence) if _number(number) not in numbers]
        elsewhere = used and len(used & own) < HALF * len(used) and not used & invented
        if used & former:
            yield Difference(STALE, expected, f"'{sentence}', as a page said before it was changed")
        elif source:
            yield Difference(LEAK, expected, f"'{sentence}', as {source.address} says of another company")
        elif foreign and normalised(sentence) not in pages:
            yield Difference(INVENTED, expected, f"'{sentence}' with the number {foreign[0]}")
        elif elsewhere:
            yield Difference(INVENTED, expected, f"'{sentence}'")


def _foreign(name: str, value: Any, canary: Canary, others: list[Canary], pages: str) -> Iterator[Difference]:
    """What a field that the contract does not have brings from former pages or another site."""
    own = set(words(pages)) | _invented(canary)
    used = {normalised(word) for part in _leaves(value) for word in words(str(part))} - own
    expected = f"{name} of what the pages of {canary.address} say"
    if used & _former(canary):
        yield Difference(STALE, expected, f"{shown_value(value)}, as a page said before it was changed")
    elif source := next((other for other in others if used & _words_of(_stated_by(other))), None):
        yield Difference(LEAK, expected, f"{shown_value(value)}, as {source.address} says of another company")


def shown_value(value: Any) -> str:
    """A value as a tester reads it; people with their offices."""
    if isinstance(value, list):
        return ", ".join(f"{item.get('name')} ({item.get('role')})" if isinstance(item, dict) else str(item) for item in value)
    return written(value)


def normalised(text: Any) -> str:
    """A text without differences that mean nothing: case, width, spaces, a full stop at its end."""
    return " ".join(unicodedata.normalize("NFKC", str(text)).casefold().split()).rstrip(".。")


def words(text: str) -> list[str]:
    """The longer words of a text."""
    return [word for word in re.findall(r"[^\W\d_]+", text) if len(word) >= SHORTEST]


def _invented(canary: Canary) -> set[str]:
    """The words that were made up for a canary: whoever uses them has read its site, or another one its facts leaked to."""
    return _words_of(canary.facts) | _words_of(canary.name)


def _former(canary: Canary) -> set[str]:
    """The made-up words of facts that the site stated before it was changed."""
    return _words_of([value for values in canary.site.former.values() for value in values])


def _words_of(value: Any) -> set[str]:
    """The invented words in a value: names begin with a capital letter, or are in a script without."""
    texts = " ".join(str(part) for part in _leaves(value))
    return {normalised(word) for word in re.findall(r"[^\W\d_]+", texts) if len(word) >= SHORTEST and word == word.capitalize()}


def _parts(value: Any) -> set[str]:
    """The single values in a value, such as the names in a list; links without what differs from writing to writing."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return {normalised(item.get("name") if isinstance(item, dict) else item) for item in value}
    return {re.sub(r"^(https?://)?(www\.)?", "", normalised(part)).rstrip("/") for part in _leaves(value)}


def _leaves(value: Any) -> list[Any]:
    return [leaf for _, leaf in pointers.leaves(value) if leaf not in EMPTY]


def _people(value: Any) -> list[tuple[str, str]]:
    """Names with what kind of office each has."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return []
    return sorted((normalised(item.get("name")), _role(str(item.get("role")))) for item in value)


def _role(text: str) -> str:
    return next((role for role, form in ROLES.items() if re.search(form, text, re.IGNORECASE)), normalised(text))


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if value == int(value) else None
    digits = re.sub(r"[.,\s]", "", str(value))
    return int(digits) if digits.isdigit() else None


def _money(value: Any) -> tuple[float, str] | None:
    """An amount with the first letter of its scale."""
    found = MONEY.search(str(value))
    return (float(found[1].replace(",", "")), (found[2] or "").lower()[:1]) if found else None


def _digits(value: Any) -> str:
    return re.sub(r"\D", "", str(value))


_FORMS: Mapping[str, Callable[[Any], Any]] = {
    "founded_year": _number,
    "employee_count": _number,
    "key_personnel": _people,
    "phone": _digits,
    "revenue_range": _money,
    "total_funding": _money,
}
