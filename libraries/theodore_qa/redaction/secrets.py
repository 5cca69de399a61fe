"""The secrets of this process, found in whatever encoding they stand, and replaced by ``***``."""

from __future__ import annotations

import functools
import re
import threading
from itertools import groupby
from operator import itemgetter
from os.path import commonprefix
from typing import TYPE_CHECKING

from theodore_qa.redaction.forms import all_forms, SHORTEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARK = "***"
WITHHELD = "(withheld: redaction failed)"
START = 64  # characters of a secret that are looked for by one expression; the rest of a long one is compared then
LARGE = 1 << 16
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){0,3}")
_QUOTES = r"(?:[\"'\\]|&quot;|&\#\w+;)*"
_CREDENTIAL = r"[^\s\"'\\<>&,;]"
_HEADER = rf"""(?xi)
    (   \b authorization {_QUOTES} \s* [:=,] \s* b? {_QUOTES} (?:bearer|basic) \s+
      | \b x-api-key     {_QUOTES} \s* [:=,] \s* b? {_QUOTES}
      | \b (?:bearer|basic) \s+ (?! \( ) (?= {_CREDENTIAL}{{16}} ) (?= {_CREDENTIAL}*\d )
    )
    {_CREDENTIAL}{{7,}} (?! \.) {_CREDENTIAL}
"""
# By their names: headers and cookies in which credentials go, parameters of addresses, and what stands before the @ of one.
_HEADERS = ("proxy-authorization", "x-auth-token", "x-access-token")
_PARAMETERS = ("access_token", "api_key", "apikey", "client_secret")
_COOKIES = rf"(?i)(\b(?:set-)?cookie{_QUOTES}\s*[:=,]\s*b?{_QUOTES})((?:[\w.$-]+=[^;\s\"'<>&]+;?\s?)+)"
_PAIR = re.compile(r"([\w.$-]+=)(?!\*\*\*)[^;\s\"'<>&]{6,}")
_USERINFO = re.compile(r"(://[^/\s:@\"'<>]+:)(?!\*\*\*)[^@/\s\"'<>]{3,}(?=@)")
# Words without which an expression finds nothing: to look for them takes a hundredth of the time.
_HEADER_WORDS, _COOKIE_WORDS = ("authorization", "x-api-key", "bearer", "basic"), ("cookie",)
_CUT = re.compile(r"(?:\.\.\.|…)$", re.MULTILINE)


@functools.cache
def _expression(pattern: str) -> re.Pattern[str]:
    """One of the long expressions, compiled when a text first has its words: that takes longer than to import this module."""
    return re.compile(pattern)


class _Known:
    """What is looked for: all forms by their starts, and their beginnings and ends, which Robot may have cut apart."""

    def __init__(self, forms: Iterable[str]) -> None:
        known = sorted(set(forms))
        self._short = {form for form in known if len(form) <= START}
        self._lengths = sorted(set(map(len, self._short)), reverse=True)
        self._long = _by_beginning((form for form in known if len(form) > START), START)
        expression = _any_of(sorted({*self._short, *self._long}))
        self._starts = re.compile(expression) if expression else None
        if len(expression) > LARGE:
            re.purge()  # it keeps the last 512 expressions, and each secret that comes makes another of these
        self.longest = max(map(len, known), default=0)
        self.beginnings = _by_beginning(known)
        self.ends = _by_beginning(form[::-1] for form in known)

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where in a text known forms and signed tokens begin and end, in order and without overlaps."""
        found: list[tuple[int, int]] = []
        signed = (match.span() for match in _TOKEN.finditer(text)) if "eyJ" in text else ()
        for begin, end in sorted([*self._whole(text), *signed]):
            if found and begin < found[-1][1]:
                found[-1] = found[-1][0], max(end, found[-1][1])
            else:
                found.append((begin, end))
        return found

    def _whole(self, text: str) -> Iterator[tuple[int, int]]:
        at = 0
        while self._starts and (start := self._starts.search(text, at)):
            begin = start.start()
            if end := self._end(text, begin, start[0]):
                yield begin, end
            at = end or begin + 1

    def _end(self, text: str, begin: int, start: str) -> int:
        """Where the longest form that stands at a place ends; 0 where only the start of one does."""
        whole = [len(form) for form in self._long.get(start, ()) if text.startswith(form, begin)]
        short = (length for length in self._lengths if text[begin : begin + length] in self._short)
        length = max(whole, default=0) or next(short, 0)
        return begin + length if length else 0

    def redact(self, text: str) -> str:
        if places := self.places(text):
            ends = [0, *(end for _, end in places)]
            between = [text[end:begin] for end, (begin, _) in zip(ends, places, strict=False)]
            text = MARK.join([*between, text[ends[-1] :]])
        if "..." in text or "…" in text:
            text = self._without_beginnings(text, self.beginnings)
            text = self._without_beginnings(text[::-1], self.ends)[::-1]
        return text

    def _without_beginnings(self, text: str, beginnings: dict[str, list[str]]) -> str:
        """``text`` without the beginning of a secret at the end of a line that was cut there."""
        for found in reversed(list(_CUT.finditer(text))):
            end = found.start()
            for start in range(max(0, end - self.longest), end - SHORTEST + 1):
                candidates = beginnings.get(text[start : start + SHORTEST], ())
                if any(form.startswith(text[start:end]) for form in candidates):
                    text = text[:start] + MARK + text[end:]
                    break
        return text


class SecretRegistry:
    """Secrets with their names; each is known in every form in which a log may hold it."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._short: dict[str, str] = {}
        self._notes: list[str] = []
        self.headers: set[str] = set()  # names of headers that hold credentials, in small letters
        self._parameters: set[str] = set()
        self._named: re.Pattern[str] | None = None
        self._forms: dict[str, dict[str, str]] = {}
        self._compiled: _Known | None = None
        self._lock = threading.Lock()

    def add(self, value: str, name: str = "") -> None:
        """Keep ``value`` out of everything from here on.

        One of fewer than 6 characters would blot out ordinary text: it is kept out only where a name such as ``password`` stands
        before it, and a note says so.
        """
        with self._lock:
            if len(value) < SHORTEST:
                if value and value not in self._short:
                    self._short[value] = name or "a secret"
                    self._notes.append(
                        f"The secret {name or 'given'} has fewer than {SHORTEST} characters: it is kept out of logs only where a "
                        f"name such as 'password' stands before it. Use a longer one."
                    )
            elif value not in self._names:
                self._names[value] = name or "a secret"
                self._forms[value] = all_forms(value)
                self._compiled = None

    def new_notes(self) -> list[str]:
        """What is to be said of secrets that came since this was asked the last time."""
        with self._lock:
            notes, self._notes = self._notes, []
        return notes

    def add_names(self, *, header: str = "", parameter: str = "") -> None:
        """Keep out what goes in a header, or in a parameter of addresses, of this name."""
        with self._lock:
            self.headers |= {header.lower()} if header and header.lower() != "authorization" else set()
            self._parameters |= {parameter} if parameter else set()
            self._named = None

    def redact(self, text: str) -> str:
        """``text`` without its secrets; applying it twice changes nothing more."""
        text = self._known().redact(text)
        folded = text.casefold()
        if _names(folded, _HEADER_WORDS):
            text = _expression(_HEADER).sub(rf"\1{MARK}", text)
        if _names(folded, _COOKIE_WORDS):
            text = _expression(_COOKIES).sub(lambda found: found[1] + _PAIR.sub(rf"\1{MARK}", found[2]), text)
        if _names(folded, self._named_words()):
            text = self._by_name().sub(rf"\1{MARK}", text)
        text = _USERINFO.sub(rf"\1{MARK}", text)
        for pattern in self._short_patterns():
            text = pattern.sub(rf"\1{MARK}", text)
        return text

    def find(self, text: str) -> Iterator[tuple[str, str]]:
        """Name and form of each secret that stands in ``text``."""
        if self._known().places(text):
            for value, name in list(self._names.items()):
                form = next((form for encoded, form in self._forms[value].items() if encoded in text), None)
                if form:
                    yield name, form
            if _TOKEN.search(text):
                yield "a JSON Web Token", "plain"
        folded = text.casefold()
        if (
            (_names(folded, _HEADER_WORDS) and _expression(_HEADER).search(text))
            or (_names(folded, self._named_words()) and self._by_name().search(text))
            or _USERINFO.search(text)
        ):
            yield "a credential by its name", "plain"
        if _names(folded, _COOKIE_WORDS) and any(_PAIR.search(found[2]) for found in _expression(_COOKIES).finditer(text)):
            yield "a cookie", "plain"
        for pattern, name in zip(self._short_patterns(), self._short.values(), strict=False):
            if pattern.search(text):
                yield name, "plain"

    def _by_name(self) -> re.Pattern[str]:
        named = self._named
        if named is None:
            headers = "|".join(map(re.escape, sorted({*_HEADERS, *self.headers})))
            parameters = "|".join(map(re.escape, sorted({*_PARAMETERS, *self._parameters})))
            named = self._named = re.compile(
                rf"(?i)(\b(?:{headers}){_QUOTES}\s*[:=,]\s*b?{_QUOTES}(?:\w+\s)?|[?&](?:{parameters})=)"
                rf"(?!\*\*\*|\w+\s\*\*\*)[^\s\"'\\<>&,;\#]{{4,}}"
            )
        return named

    def _named_words(self) -> tuple[str, ...]:
        """The names without which no credential by its name is in a text."""
        return tuple(name.casefold() for name in (*_HEADERS, *self.headers, *_PARAMETERS, *self._parameters))

    def _short_patterns(self) -> list[re.Pattern[str]]:
        names = r"(?i:\b(?:\w*password\w*|\w*secret\w*|pass|pwd|pin|token|\w*key))"
        return [re.compile(rf"({names}{_QUOTES}\s*[:=,]\s*b?{_QUOTES}){re.escape(value)}(?![\w])") for value in self._short]

    def _known(self) -> _Known:
        known = self._compiled
        if known is None:
            with self._lock:
                known = self._compiled = _Known(form for forms in self._forms.values() for form in forms)
        return known


def _names(folded: str, words: Iterable[str]) -> bool:
    """Whether one of the words is in a text, whose case is folded as expressions ignore it."""
    return any(word in folded for word in words)


def _any_of(words: list[str]) -> str:
    """An expression that matches the longest of ``words``, which are sorted; it branches where they differ."""
    branches = []
    for _, group in groupby(filter(None, words), key=itemgetter(0)):
        alike = list(group)
        start = commonprefix([alike[0], alike[-1]])  # noqa: RUF071  # of characters, on which the expression branches
        rest = _any_of([word[len(start) :] for word in alike]) if len(alike) > 1 else ""
        branches.append(re.escape(start) + rest)
    if not branches:
        return ""
    together = "|".join(branches)
    return f"(?:{together}){'?' if words[0] == '' else ''}"


def _by_beginning(words: Iterable[str], length: int = SHORTEST) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for word in words:
        grouped.setdefault(word[:length], []).append(word)
    return grouped


secrets = SecretRegistry()


def redact(text: str) -> str:
    """``text`` without the secrets of this process."""
    return secrets.redact(text)


def shortened(text: str, longest: int) -> str:
    """``text`` without the secrets of this process, and cut to a length; redacted first, since half a secret is one."""
    text = redact(text)
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
