"""The words of refusals: what they say of a value that would be taken, as a schema."""

from __future__ import annotations

import re
from typing import Any

QUOTED = r"(?:\"[^\"\n]{1,40}\"|'[^'\n]{1,40}'|`[^`\n]{1,40}`)"
BARE = r"[A-Za-z0-9_](?:[\w.+-]{0,38}\w)?"
SEPARATOR = r"\s*(?:,\s*(?:or|and)\b|,|\||/|\bor\b|\band\b)\s*"
ENDING = r"\s*(?:,?\s*\bor\b|\|)\s*"  # what stands before the last of several
LIST = rf"{QUOTED}(?:{SEPARATOR}{QUOTED})+|{BARE}(?:{SEPARATOR}{BARE})+"
ENDED = "|".join(rf"{item}(?:{SEPARATOR}{item})*{ENDING}{item}" for item in (QUOTED, BARE))
OFFERED = re.compile(
    rf"(?i)(?:one of|allowed|permitted|expected|choose(?: from)?|choices|options|valid|either|accepted|supported|among|known"
    rf"|any of|possible|enum class)\b(?:\s+(?:the|values?|options?|choices|ones|following|one of|are|is|be|for \w+))*"
    rf"\s*[:=]?\s*[\[({{]?\s*({LIST})"
)
ALTERNATIVES = re.compile(rf"(?i)(?:\b(?:is|are|be|as|takes|use)\b|[:=(])\s*({ENDED})")
ITEMS = re.compile(rf"{QUOTED}|{BARE}")
NO_VALUES = frozenset(
    ("a", "an", "the", "text", "string", "number", "integer", "boolean", "array", "object", "list", "null", "none", "not",
     "empty", "positive", "negative", "zero", "equal", "greater", "less", "longer", "shorter", "more", "fewer", "required",
     "missing", "valid", "invalid", "values", "value", "least", "most", "than", "to", "of", "at", "date", "email", "phone",
     "url", "uuid", "unknown", "blank", "wrong", "be", "in", "must", "only", "letters", "digits", "characters")
)  # fmt: skip
NUMBER = r"(-?\d+(?:\.\d+)?)"
LEAST = (
    r"at least|min(?:imum)?(?: (?:is|of|value|length|amount))*:?|no (?:less|fewer|shorter) than"
    r"|not (?:be )?(?:less|fewer|shorter|smaller) than|greater than or equal(?: to)?|>=|≥|starts? (?:at|from)"
)
MOST = (
    r"at most|max(?:imum)?(?: (?:is|of|value|length|amount))*:?|no (?:more|greater|longer) than"
    r"|not (?:be )?(?:more|greater|longer|larger) than|up to|less than or equal(?: to)?|<=|≤|exceeds?|limited to"
)
LIMITS = (
    (
        re.compile(rf"(?i)between\s+{NUMBER}\s+and\s+{NUMBER}|\b{NUMBER}\s*(?:to|-|\u2013|\.\.\.?)\s*{NUMBER}"),
        ("minimum", "maximum"),
    ),
    (re.compile(rf"(?i)not?\b[^.]{{0,12}}(?:fewer|less) than\s+{NUMBER}"), ("minimum",)),
    (re.compile(rf"(?i)(?:{LEAST})\s*{NUMBER}"), ("minimum",)),
    (re.compile(rf"(?i)(?:{MOST})\s*{NUMBER}"), ("maximum",)),
    (re.compile(rf"(?i)(?:more than|greater than|above|larger than|(?<![<=])>)\s*{NUMBER}"), ("exclusiveMinimum",)),
    (
        re.compile(rf"(?i)(?<!no )(?<!not )(?:less than|below|under|fewer than|smaller than|<(?!=))\s*{NUMBER}"),
        ("exclusiveMaximum",),
    ),
    (re.compile(rf"(?i)(?:multiples? of|steps? of|divisible by)\s*{NUMBER}"), ("multipleOf",)),
)
LONG = re.compile(
    r"(?i)\d[\s-]*(?:characters?|chars?|letters|digits|symbols|signs|long\b|items|entries|elements)|length|too (?:short|long)"
)
POSITIVE = re.compile(r"(?i)\bpositive\b|greater than zero|above zero|more than zero")
EXPRESSION = re.compile(r"(\^[^\n]+?\$)(?=[/\"'`\u2019\u201d\s,.;)]|$)")
COUNTS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
}
RUN = re.compile(
    rf"(?i)\b(\d+|{'|'.join(COUNTS)}|an?)\s+((?:capital|upper-?case|lower-?case|small|latin|decimal|hex(?:adecimal)?|ascii)?)\s*"
    rf"(letters?|digits?|numbers|figures)\b"
)
BETWEEN = (
    (r"hyphen|dash|minus|-", "-"), (r"underscore|_", "_"), (r"slash|/", "/"), (r"colon|:", ":"), (r"\bdot\b|period", r"\."),
    (r"space", " "),
)  # fmt: skip
FEWER = re.compile(r"(?i)(?:at (?:least|most)|up to|max\w*|min\w*|no (?:more|less|fewer) than|between|to|than)\s*$")
EXAMPLE = re.compile(
    r"(?i)(?:\be\.\s?g\.|\bfor (?:example|instance)|\bsuch as|\blooks? like|\blike|\bexamples?(?: is)?|\bof the form"
    r"|\bhas the form|\bin the form(?:at)?(?: of)?|\bform(?:at)?(?: is)?)[\s:,]*[\"'`\u201c\u2018(]?"
    r"([^\s\"'`\u201d\u2019,;()]*[^\s\"'`\u201d\u2019,;().])"
)
MASK = re.compile(
    r"(?<![A-Za-z])(?:YYYY|DD|MM|HH|hh|yyyy|dd)(?:[-./: T]?(?:YYYY|yyyy|YY|MM|mm|DD|dd|HH|hh|SS|ss|Z))+(?![A-Za-z])"
)
OF_MASKS = (
    ("YYYY", "2031"), ("yyyy", "2031"), ("YY", "31"), ("MM", "02"), ("DD", "03"), ("dd", "03"), ("HH", "10"), ("hh", "10"),
    ("mm", "30"), ("SS", "00"), ("ss", "00"),
)  # fmt: skip
FORMATS = (
    (re.compile(r"(?i)\bdate-?_?\s?time|\btimestamp|\binstant\b|iso[- ]?8601.{0,20}time"), "date-time"),
    (re.compile(r"(?i)\b(?:iso[- ]?8601|(?:iso )?date)\b"), "date"),
    (re.compile(r"(?i)\be-?mail"), "email"),
    (re.compile(r"(?i)\b(?:uuid|guid)"), "uuid"),
    (re.compile(r"(?i)\b(?:url|uri|https?:)"), "uri"),
    (re.compile(r"(?i)\bip(?:v4)? ?address|\bipv4"), "ipv4"),
    (re.compile(r"(?i)\bbase-?64"), "byte"),
)
KINDS = (
    (re.compile(r"(?i)\b(?:an? )?(?:integer|whole number|int)\b"), "integer"),
    (re.compile(r"(?i)\b(?:a |valid )(?:decimal |float |real )?number\b|\bnumeric\b|expected number|must be number"), "number"),
    (re.compile(r"(?i)\bboolean\b|true or false"), "boolean"),
    (re.compile(r"(?i)\b(?:an? )?(?:array|list)\b"), "array"),
)
TIMES = (
    (
        re.compile(r"(?i)in the future|not (?:be |lie )?in the past|after (?:today|now)|later than (?:today|now)|upcoming"),
        "2031-02-03",
    ),
    (
        re.compile(r"(?i)in the past|not (?:be |lie )?in the future|before (?:today|now)|earlier than (?:today|now)"),
        "1990-02-03",
    ),
    (
        re.compile(r"(?i)\b(?:after|later than|behind) (?:the )?\w*(?:start|begin|from|check|arriv|pick|open|depart)\w*"),
        "2031-02-10",
    ),
)
PHONE = re.compile(r"(?i)\bE\.?164|international (?:format|number)|\bphone number|\+\d{1,3}\s?\d")


def schema(text: str) -> dict[str, Any]:
    """What a sentence says of a value, in the words of JSON Schema; empty where it says nothing that is understood.

    Args:
        text: What a refusal says of one value, such as "size must be one of S, M, L".
    """
    if match := EXPRESSION.search(text):
        return {"pattern": match[1].replace("\\\\", "\\")}
    if options := _options(text):
        return {"enum": options}
    mask, composed = MASK.search(text), _composed(text)
    if mask or composed:
        return {"example": _from_mask(mask[0])} if mask else {"pattern": composed}
    return _limits(text) | _form(text)


def _form(text: str) -> dict[str, Any]:
    """An example, a moment, a type or a format that a sentence names; empty where it names none."""
    example = "+441134960199" if PHONE.search(text) else ""
    if not example and (match := EXAMPLE.search(text)) and re.search(r"[\dA-Z@:/#-]", match[1]):
        example = match[1].replace("#", "7")
    if not example and (moment := next((moment for pattern, moment in TIMES if pattern.search(text)), "")):
        example = f"{moment}T10:30:00Z" if FORMATS[0][0].search(text) else moment
    kind = next((kind for pattern, kind in KINDS if pattern.search(text)), "")
    form = next((form for pattern, form in FORMATS if pattern.search(text)), "")
    return {"example": example} if example else {"type": kind} if kind else {"format": form} if form else {}


def _options(text: str) -> list[str]:
    """The values that a sentence offers; empty where it offers none."""
    for pattern in (OFFERED, ALTERNATIVES):
        for match in pattern.finditer(text):
            items = [item for item in ITEMS.findall(match[1]) if item.lower() not in ("or", "and")]
            if len(items) > 1 and not any(item.lower() in NO_VALUES for item in items):
                return list(dict.fromkeys(item.strip("\"'`") for item in items))
    return []


def _from_mask(mask: str) -> str:
    """A moment in the form of a mask such as DD.MM.YYYY; what stands behind hours are minutes."""
    hours = max(mask.find("HH"), mask.find("hh"))
    before, behind = (mask[:hours], mask[hours:].replace("MM", "30")) if hours >= 0 else (mask, "")
    for part, digits in OF_MASKS:
        before, behind = before.replace(part, digits), behind.replace(part, digits)
    return before + behind


def _composed(text: str) -> str:
    """A pattern for what is described piece by piece, such as two capital letters and four digits; empty without one."""
    pieces: list[str] = []
    last = 0
    for match in RUN.finditer(text):
        if FEWER.search(text[: match.start()]):
            return ""
        count = COUNTS.get(match[1].lower()) or (int(match[1]) if match[1].isdigit() else 1)
        digits = match[3].lower().startswith(("digit", "number", "figure"))
        small = match[2].lower().startswith(("lower", "small"))
        kind = "[0-9a-f]" if match[2].lower().startswith("hex") else "[0-9]" if digits else "[a-z]" if small else "[A-Z]"
        gap = text[last : match.start()] if pieces else ""
        pieces.append(next((sign for words, sign in BETWEEN if re.search(f"(?i){words}", gap)), "") + f"{kind}{{{count}}}")
        last = match.end()
    return f"^{''.join(pieces)}$" if pieces else ""


def _limits(text: str) -> dict[str, Any]:
    """The limits of a number, or of a length, that a sentence names."""
    found: dict[str, Any] = {}
    by_length = bool(LONG.search(text))
    for pattern, names in LIMITS:
        if not (match := pattern.search(text)) or any(name in found for name in names):
            continue
        if found and names[0].startswith("exclusive"):  # "not fewer than three" was read above
            continue
        numbers = [float(group) if "." in group else int(group) for group in match.groups() if group is not None]
        for name, number in zip(names, numbers, strict=False):
            if by_length and name != "multipleOf":
                step = {"exclusiveMinimum": 1, "exclusiveMaximum": -1}.get(name, 0)
                found["minLength" if name.lower().endswith("minimum") else "maxLength"] = int(number) + step
            else:
                found[name] = number
    return found or ({"exclusiveMinimum": 0} if POSITIVE.search(text) else {})
