"""Patterns of JSON Schema, which are ECMAScript's regular expressions: matched within a time limit, and texts that match them."""

from __future__ import annotations

import functools
import random
import re
import string
from dataclasses import dataclass
from typing import Any, NamedTuple, TYPE_CHECKING

from theodore_qa.openapi.problems import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Callable

TIME_LIMIT = 0.5  # seconds for one search: an honest pattern takes microseconds
LONGEST = 20_000  # characters of a text that is made
UNROLLED = 100_000  # characters: the regex library writes out what is repeated, in seconds and gigabytes if it is more
_TRIES = 40
_SPACES = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": _SPACES}
_CONTROLS = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_ANY = r"[^\n\r\u2028\u2029]"
_WORD = "[A-Za-z0-9_]"
_EDGES = {"^": "^", "$": r"\Z"}
_ESCAPED_EDGES = {
    "b": f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))",
    "B": f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))",
    "A": "^",  # these two are not of ECMAScript, but with one meaning
    "z": r"\Z",
}
_GROUP = re.compile(r"\?(?:(?P<plain>:|>|[iu]+:)|(?P<look>=|!|<=|<!)|P?<(?P<name>[A-Za-z_]\w*)>)")
_QUANTIFIER = re.compile(r"(?P<sign>[*+?])|\{(?P<least>\d+)(?P<comma>,(?P<most>\d*))?\}")
_SIGNS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_CODE = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]+)\}")
_OCTAL = re.compile(r"[0-3]?[0-7]{1,2}")
_HIGH_HALVES = range(0xD800, 0xDC00)  # of the pairs in which UTF-16 writes a character
_LOW_HALF = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_CONTROL = re.compile(r"c([A-Za-z])")
_REFERENCE = re.compile(r"([1-9]\d*)|k<(\w+)>")
_PROPERTY = re.compile(r"[pP](\{[\w=:. -]+\}|[A-Z])")
_PLAIN = string.ascii_letters + string.digits
_PRINTABLE = string.ascii_letters + string.digits + string.punctuation + " "


class _Maker:
    """Makes one text: from plain characters or from all, with how many repetitions beyond those that must be."""

    def __init__(self, seed: str, slack: int, *, plain: bool) -> None:
        self.chosen = random.Random(seed)  # noqa: S311  # no secret, and the same each time
        self.slack = slack
        self.plain = plain
        self.groups: dict[str, str] = {}
        self.left = LONGEST

    def repeated(self, make: Callable[[_Maker], str], least: int, most: int | None) -> str:
        """Some repetitions; OverflowError if all together are longer than any text that is made."""
        times = least + self.chosen.randint(0, self.slack if most is None else min(self.slack, most - least))
        made = []
        for _ in range(times):
            made.append(make(self))
            self.left -= 1 + len(made[-1])
            if self.left < 0:
                raise OverflowError
        return "".join(made)


class _Piece(NamedTuple):
    """A part of a pattern as the regex library writes it, what makes a text for it, and how much is written out for it."""

    source: str
    make: Callable[[_Maker], str]
    size: int = 0


@dataclass(frozen=True, eq=False)
class Pattern:
    """A pattern that was understood."""

    text: str
    expression: Any
    piece: _Piece

    def found_in(self, text: str) -> bool:
        """Whether the pattern is found anywhere in a text; NotUnderstood if that takes longer than the time limit."""
        try:
            return self.expression.search(text, timeout=TIME_LIMIT) is not None
        except TimeoutError:
            raise NotUnderstood(f"the pattern '{self.text:.120}' takes more than {TIME_LIMIT:g} s for {text[:40]!r}") from None

    def sample(self, least: int = 0, most: int = LONGEST, nth: int = 0) -> str | None:
        """A text of ``least`` to ``most`` characters in which the pattern is found; None if none was made.

        It is the same each time, and most often another one for another ``nth``.
        """
        for attempt in range(_TRIES):
            slack = (0, 1, 8, least, 2 * least + 8)[attempt % 5]
            maker = _Maker(f"{self.text} {nth} {attempt}", slack, plain=attempt % 2 == 0)
            try:
                made = self.piece.make(maker)
                for text in (made, made.ljust(least, made[-1:] or "a")):
                    if least <= len(text) <= most and self.found_in(text):
                        return text
            except OverflowError:
                if not slack:  # what must be repeated is too long already
                    return None
            except NotUnderstood:
                return None
        return None


@functools.lru_cache(maxsize=4096)
def compiled(text: str) -> Pattern:
    """A pattern that can be matched; NotUnderstood if it is none."""
    import regex

    try:
        piece = _PatternParser(text).whole()
        return Pattern(text, regex.compile(piece.source, regex.V1), piece)
    except IndexError:
        reason = "it ends too early"
    except RecursionError:
        reason = "it nests too deep"
    except (regex.error, ValueError, OverflowError) as error:
        reason = str(error)
    raise NotUnderstood(f"'{text:.120}' is no pattern of ECMAScript: {reason}")


class _PatternParser:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.groups = 0

    def whole(self) -> _Piece:
        ignoring_case = self.take("(?i)")  # not of ECMAScript, but with one meaning
        piece = self.alternatives()
        if self.at < len(self.text):
            raise ValueError(f"a ')' without its '(' at position {self.at}")
        return piece._replace(source=f"(?i){piece.source}") if ignoring_case else piece

    def take(self, expected: str) -> bool:
        """Pass a text, if it comes next."""
        found = self.text.startswith(expected, self.at)
        self.at += len(expected) * found
        return found

    def match(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        """Pass what an expression matches, if it comes next."""
        match = expression.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match

    def next(self) -> str:
        """Pass one character; IndexError at the end."""
        self.at += 1
        return self.text[self.at - 1]

    def alternatives(self) -> _Piece:
        choices = [self.sequence()]
        while self.take("|"):
            choices.append(self.sequence())
        if len(choices) == 1:
            return choices[0]
        source, size = "|".join(piece.source for piece in choices), sum(piece.size for piece in choices)
        return _Piece(source, lambda maker: maker.chosen.choice(choices).make(maker), size)

    def sequence(self) -> _Piece:
        pieces = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            pieces.append(self.quantified(self.atom()))
        source, size = "".join(piece.source for piece in pieces), sum(piece.size for piece in pieces)
        return _Piece(source, lambda maker: "".join(piece.make(maker) for piece in pieces), size)

    def quantified(self, piece: _Piece) -> _Piece:
        match = self.match(_QUANTIFIER)
        if not match:
            return piece
        least, most = _SIGNS.get(match["sign"]) or (int(match["least"]), int(match["least"]))
        if match["comma"]:
            most = int(match["most"]) if match["most"] else None
        if most is not None and most < least:
            raise ValueError(f"{match[0]} has its bounds in the wrong order")
        manner = "?" if self.take("?") else "+" if self.take("+") else ""
        size = max(1, least) * max(1, piece.size)
        if size > UNROLLED:
            raise ValueError(f"{match[0]} asks for more than {UNROLLED} characters")
        source = f"{piece.source}{match[0]}{manner}"
        return _Piece(source, lambda maker: maker.repeated(piece.make, least, most), size)

    def atom(self) -> _Piece:
        character = self.next()
        match character:
            case "(":
                return self.group()
            case "[":
                return self.set()
            case "\\":
                return self.escape()
            case ".":
                return _one_of(_ANY)
            case "^" | "$":
                return _Piece(_EDGES[character], _nothing)
            case "*" | "+" | "?":
                raise ValueError(f"nothing to repeat before position {self.at}")
            case "{" if re.match(r",\d+\}", self.text[self.at :]):
                raise ValueError("a quantifier lacks its lower bound")
        return _literal(character)

    def group(self) -> _Piece:
        kind = self.match(_GROUP)
        if not kind and self.text.startswith("?", self.at):
            raise ValueError(f"an unknown kind of group at position {self.at}")
        names = []
        if not kind or kind["name"]:
            self.groups += 1
            names = [str(self.groups), *([kind["name"]] if kind else [])]
        inner = self.alternatives()
        if not self.take(")"):
            raise ValueError("a '(' without its ')'")
        opening = "(" if not kind else f"(?P<{kind['name']}>" if kind["name"] else f"({kind[0]}"
        if kind and kind["look"]:
            return _Piece(f"{opening}{inner.source})", _nothing, inner.size)

        def make(maker: _Maker) -> str:
            made = inner.make(maker)
            maker.groups.update(dict.fromkeys(names, made))
            return made

        return _Piece(f"{opening}{inner.source})", make, inner.size)

    def escape(self) -> _Piece:
        if match := self.match(_REFERENCE):
            name = match[1] or match[2]
            return _Piece(f"(?:\\{name})" if match[1] else f"(?P={name})", lambda maker: maker.groups.get(name, ""))
        if match := self.match(_PROPERTY):
            return _one_of(f"[\\{match[0]}]")
        letter = self.next()
        if letter.lower() in _CLASSES:
            return _one_of(f"[{'^' * letter.isupper()}{_CLASSES[letter.lower()]}]")
        if letter in _ESCAPED_EDGES:
            return _Piece(_ESCAPED_EDGES[letter], _nothing)
        return _literal(self.character(letter))

    def character(self, letter: str) -> str:
        """The character that an escape stands for."""
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        self.at -= 1
        if match := self.match(_CODE):
            code = int(match[1] or match[2] or match[3], 16)
            low = self.match(_LOW_HALF) if code in _HIGH_HALVES else None
            return (chr(code) + chr(int(low[1], 16))).encode("utf-16", "surrogatepass").decode("utf-16") if low else chr(code)
        if match := self.match(_OCTAL):
            return chr(int(match[0], 8))
        if match := self.match(_CONTROL):
            return chr(ord(match[1]) % 32)
        if letter.isalnum():
            raise ValueError(f"an unknown escape '\\{letter}' at position {self.at}")
        return self.next()

    def set(self) -> _Piece:
        negated = self.take("^")
        members = []
        while not self.take("]"):
            first = self.member()
            if len(first) == 1 and self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at):
                self.at += 1
                last = self.member()
                if len(last) == 1 and last < first:
                    raise ValueError(f"the range '{first}-{last}' is in the wrong order")
                members += [f"{_escaped(first)}-{_escaped(last)}"] if len(last) == 1 else [_escaped(first), r"\-", last]
            else:
                members.append(_escaped(first) if len(first) == 1 else first)
        if not members:
            return _one_of(r"[\s\S]" if negated else "(?!)")
        return _one_of(f"[{'^' * negated}{''.join(members)}]")

    def member(self) -> str:
        """One character of a set, or the source of what stands for many."""
        character = self.next()
        if character != "\\":
            return character
        if match := self.match(_PROPERTY):
            return f"\\{match[0]}"
        letter = self.next()
        if letter.lower() in _CLASSES:
            own = _CLASSES[letter.lower()]
            return f"[^{own}]" if letter.isupper() else f"[{own}]"
        return "\b" if letter == "b" else self.character(letter)


def _nothing(maker: _Maker) -> str:  # noqa: ARG001  # what all pieces take
    return ""


def _escaped(character: str) -> str:
    return character if character.isalnum() or ord(character) > 127 else f"\\x{ord(character):02x}"  # noqa: PLR2004  # ASCII


def _literal(character: str) -> _Piece:
    return _Piece(_escaped(character), lambda _: character, 1)


def _one_of(source: str) -> _Piece:
    def make(maker: _Maker) -> str:
        plain, printable = _members(source)
        pool = plain if plain and maker.plain else printable
        if not pool:
            raise OverflowError
        return maker.chosen.choice(pool)

    return _Piece(source, make, 1)


@functools.lru_cache(maxsize=4096)
def _members(source: str) -> tuple[str, str]:
    """Letters and digits of a set; and all of its characters that can be shown, from ASCII or else from beyond."""
    import regex

    expression = regex.compile(source, regex.V1)
    printable = (
        "".join(filter(expression.fullmatch, _PRINTABLE)) or "".join(filter(expression.fullmatch, map(chr, range(0xD7FF))))[:50]
    )
    return "".join(character for character in printable if character in _PLAIN), printable
