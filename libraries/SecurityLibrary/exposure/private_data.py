"""What lists of people tell to an ordinary user of others: how to reach them, or what concerns nobody else."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from theodore_qa.systems.identities import Identity

NAMED = re.compile(
    r"(?i)^(?:id|\w+_id|name|user_?name|login|user|e?_?mail|member|owner|nick_?name|(?:display|full|first)_?name|handle)$"
)
PRIVATE = re.compile(
    r"(?i)^(?:(?:[a-z]+_){0,2}(?:iban|bic|salary|wage|passport(?:_?(?:number|no))?|tax_?(?:id|number))"
    r"|bank_?account(?:_?number)?|account_?number|income|(?:hourly|daily|day|pay)_?rate|birth_?(?:day|date)|date_?of_?birth|dob"
    r"|national_?id|home_?address|diagnos[ie]s|medication|religion|card_?number|medical\w*|health\w*|allerg(?:y|ies)"
    r"|disabilit(?:y|ies)|blood_?(?:type|group)|emergency_?contact\w*|ethnicity|(?:private|internal)_?notes?)$"
)
REACHING = re.compile(r"(?i)^(?:phone|mobile|cell|tel|telephone)(?:_?number)?$")
ADDRESS = re.compile(r"(?i)^e?_?mail(?:_?address)?$|^(?:street|postal_?)?address$")  # where no document says that they are shown
PERSONAL = re.compile(r"(?i)^(?:user_?name|login)$")
HASH, DIGEST = re.compile(r"(?i)^(?:hash|pw_?hash|pass_?hash)$"), re.compile(r"(?=.*\d)[\w+/$=.:,-]{16,}")
FEWEST = 2  # people in a list
# Whoever wrote, sells or ordered something, as an object within it or as the beginning of a property's name.
WHO = (
    r"author|reviewer|user|owner|seller|buyer|customer|member|sender|creator|created_?by|posted_?by|contact|guest|host|driver"
    r"|student|patient"
)
BY = re.compile(rf"(?i)^(?:{WHO})$")
OF_WHOM = re.compile(rf"(?i)^(?:{WHO})_")
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def of_others(
    body: Any, caller: Identity, others: Iterable[Identity], documented: set[str] | None = None
) -> tuple[set[str], set[str]]:
    """The private properties, and those by which one is reached, that the lists of a body show of other identities.

    What of the latter a document has no place for counts as private.
    """
    names = {name.lower() for other in others for name in (other.name, other.username) if name and other is not caller}
    own = {caller.name.lower(), caller.username.lower()} - {""}
    private: set[str] = set()
    reaching: set[str] = set()
    for item in _people(body):
        named = [str(value).lower() for key, value in item.items() if NAMED.match(key) and isinstance(value, str | int)]
        known = {part for name in named for part in (name, name.partition("@")[0])}
        if not known & names or known & own:
            continue
        disclosed = {key for key, value in item.items() if isinstance(value, str | int | float) and str(value).strip(" *.-")}
        private |= {key for key in disclosed if PRIVATE.match(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key))}
        reaching |= {key for key in disclosed if REACHING.match(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key))}
        reachable = {key for key in disclosed if REACHING.match(key) or ADDRESS.match(key)}
        private |= set() if documented is None else reachable - documented
        reaching |= reachable if documented is None else set()
    return private, reaching | (_of_writers(body, names, own) - private)


def _of_writers(body: Any, names: set[str], own: set[str]) -> set[str]:
    """The properties that say how to reach whoever wrote, sells or ordered something, other than the caller."""
    found: set[str] = set()
    addresses: dict[str, str] = {}
    for item in _objects(body):
        for key, value in item.items():
            if not BY.match(_snake(key)):
                continue
            if isinstance(value, str) and MAIL.fullmatch(value):
                addresses[value.lower()] = key
            inner = value if isinstance(value, dict) else item if isinstance(value, str) else {}
            known = {
                part
                for name, text in inner.items()
                if (name == key or NAMED.match(str(name))) and isinstance(text, str)
                for part in (text.lower(), text.lower().partition("@")[0])
            }
            if not known & names or known & own:
                continue
            about = inner if inner is not item else {name: text for name, text in item.items() if OF_WHOM.match(_snake(name))}
            found |= {name for name, text in about.items() if isinstance(text, str | int) and text and _reaches(name)}
    # One of several is certainly not the caller's own.
    return found | (set(addresses.values()) if len(addresses) >= FEWEST else set())


def _reaches(name: str) -> bool:
    """Whether a property says how to reach somebody, with or without whom it is about: ``phone``, ``author_email``."""
    plain = OF_WHOM.sub("", _snake(name))
    return bool(REACHING.match(plain) or ADDRESS.match(plain))


def _snake(name: Any) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(name))


def concerns_one(name: str) -> bool:
    """Whether a property of this name is private, or says how somebody is reached."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return any(pattern.match(plain) for pattern in (PRIVATE, REACHING, ADDRESS))


def of_anybody(body: Any, people: Iterable[Identity]) -> tuple[set[str], set[str]]:
    """The private properties, and those by which one is reached, that a body shows of identities, in lists or alone."""
    names = {name.lower() for each in people for name in (each.name, each.username) if name}
    private: set[str] = set()
    reaching: set[str] = set()
    for item in _objects(body):
        named = {str(value).lower() for key, value in item.items() if NAMED.match(key) and isinstance(value, str | int)}
        if not named & names:
            continue
        disclosed = {key for key, value in item.items() if isinstance(value, str | int | float) and str(value).strip(" *.-")}
        private |= {key for key in disclosed if PRIVATE.match(_snake(key)) or is_digest(item, key)}
        reaching |= {key for key in disclosed if REACHING.match(key) or ADDRESS.match(key)}
    return private, reaching | (_of_writers(body, names, set()) - private)


def is_digest(item: dict[str, Any], name: str) -> bool:
    """Whether a property is the digest of a password: it is called hash, is long, and stands beside how a person is reached."""
    beside = any(REACHING.match(key) or ADDRESS.match(key) or PERSONAL.match(key) for key in item)
    return beside and HASH.match(name) is not None and DIGEST.fullmatch(str(item[name])) is not None


def _objects(body: Any) -> Iterator[dict[str, Any]]:
    """All objects in a body; what stands in the attributes of one, as JSON:API has it, is its own."""
    if isinstance(body, dict):
        yield _whole(body)
    for value in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from _objects(value)


def _whole(item: dict[str, Any]) -> dict[str, Any]:
    """An object with what JSON:API calls its attributes."""
    attributes = item.get("attributes")
    return item | attributes if isinstance(attributes, dict) else item


def holds(body: Any) -> bool:
    """Whether a body holds what concerns one person alone, or how to reach one."""
    if isinstance(body, dict):
        return any(
            (value not in (None, "") and any(kind.match(str(name)) for kind in (PRIVATE, REACHING, ADDRESS))) or holds(value)
            for name, value in body.items()
        )
    return isinstance(body, list) and any(map(holds, body))


def _people(body: Any) -> Iterator[dict[str, Any]]:
    """The items of the lists of a body that hold several objects."""
    if isinstance(body, list):
        items = [_whole(item) for item in body if isinstance(item, dict)]
        yield from items if len(items) >= FEWEST else ()
    for value in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from _people(value)
