"""Values that are format strings, or templates of a language that computes nothing: recognised by what doubled braces become."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary.proof import oracles

if TYPE_CHECKING:
    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

BRACED = re.compile(r"\{(\w+)[^{}]*\}")  # what an example has filled in
USUAL = ("0", "self", "user", "request", "item", "obj", "value", "data", "name", "title")
MOST = 12  # names that are tried
NARROW, WIDE = 31, 79  # characters that a name of a class is filled up to
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DATES = re.compile(r"(?i)date|time|format|when")  # whose formats double per cent signs too


def attributes(scan: Scan, point: InsertionPoint) -> list[Exchange]:
    """The answers that hold the name of a Python class, filled up with letters as asked, twice; empty where none does."""
    for name in _names(point):
        answers = []
        for _ in range(2):
            width, filler = scan.random.randint(NARROW, WIDE), scan.random.choice("xyz")
            answer = scan.sender.put(point, f"qa{{{name}.__class__.__name__:{filler}>{width}}}qb")
            match = re.search(rf"qa({filler}+[A-Za-z_]\w*)qb", answer.text)
            if match is None or len(match[1]) != width:
                break
            answers.append(answer)
        else:
            return answers
    return []


def unescaped(scan: Scan, point: InsertionPoint) -> str:
    """What becomes of doubled braces: nothing (``literal``), one of each is left (``format``), or none (``template``).

    Empty where the value does not come back at all.
    """
    mark = _mark(scan)
    answer = scan.sender.put(point, f"qa{{{{{mark}}}}}qb")
    if f"qa{{{{{mark}}}}}qb" in answer.text:
        return "literal"
    if f"qa{{{mark}}}qb" in answer.text:
        return "format"
    mark = _mark(scan)
    return "template" if f"qa{mark}qb" in scan.sender.put(point, f"qa{mark}qb").text else ""


def of_length(scan: Scan, point: InsertionPoint) -> tuple[Exchange, Exchange] | None:
    """Whether a template of Liquid, Go or Handlebars is carried out: by a product, or by the lengths of two texts."""

    def liquid(first: int, second: int) -> tuple[str, str]:
        return f"qa{{{{ {first} | times: {second} }}}}", str(first * second)

    def lengths(form: str) -> tuple[str, str]:
        sizes = scan.random.sample(range(NARROW, WIDE), 2)
        return "qa" + "q".join(form.format("x" * size) for size in sizes) + "qb", f"qa{sizes[0]}q{sizes[1]}qb"

    ways = (
        liquid,
        lambda *_: lengths('{{{{len "{}"}}}}'),
        lambda *_: lengths('{{{{#with "{}"}}}}{{{{length}}}}{{{{/with}}}}'),
    )
    return next((found for way in ways if (found := oracles.computed(scan, point, way))), None)


def doubled_signs(scan: Scan, point: InsertionPoint) -> list[Exchange]:
    """The answers in which a doubled per cent sign is single, twice, as only a format does; empty for those of dates."""
    if "%" in str(point.value) or DATES.search(point.parameter.name):
        return []
    answers = []
    for signs in (1, 2):
        mark = _mark(scan)
        answer = scan.sender.put(point, f"qa{'%%' * signs} {mark}")
        if f"qa{'%' * signs} {mark}" not in answer.text:
            return []
        answers.append(answer)
    return answers


def _names(point: InsertionPoint) -> list[str]:
    """What a format may fill in: what the example does, what the path is about, and what is usual."""
    nouns = [part.rstrip("s") for part in re.findall(r"/([A-Za-z]\w*)", point.operation.route)]
    return list(dict.fromkeys((*BRACED.findall(str(point.value)), *reversed(nouns), *USUAL)))[:MOST]


def _mark(scan: Scan) -> str:
    return "".join(scan.random.choice(LETTERS) for _ in range(10))
