"""What Robot says of an argument that it cannot convert, as our own errors say it: expected, observed, and what to do."""

from __future__ import annotations

import re

REFUSED = re.compile(
    r"(?:ValueError: )?(\w+) '(.*?)' got value '(.*?)'(?: \((.+?)\))? that cannot be converted to (.+?)(?:\.|: (.+))", re.DOTALL
)
NO_SECRET = re.compile(r"ValueError: (\w+) '(.*?)' must have type 'Secret', got (.+)\.")
NO_MEMBER = re.compile(r"\w+ (?:does not have (?:member|value)|has multiple members matching) '.*'\. Available: ", re.DOTALL)
TYPES = {
    "integer": "a whole number",
    "float": "a number",
    "boolean": "true or false",
    "timedelta": "a time such as '30 s'",
    "Secret": "a secret",
    "None": "nothing",
}
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def worded(message: str, keyword: str) -> str:
    """The sentence for a failure of ``keyword``; every other message stays as it is."""
    if match := NO_SECRET.fullmatch(message):
        return f"The argument '{match[2]}' of {keyword}: expected {TYPES['Secret']}, observed a value of type {match[3]}."
    match = REFUSED.fullmatch(message) if message.startswith("ValueError: ") else None
    return f"The argument '{match[2]}' of {keyword}: {_refusal(match)}" if match else message


def _refusal(match: re.Match[str]) -> str:
    value, kind, type_name, why = match.group(3, 4, 5, 6)
    observed = "nothing" if kind == "None" else f"{kind} '{value}'" if kind else f"'{value}'"
    return f"expected {_described(type_name)}, observed {observed}" + (f": {_reason(why)}" if why else ".")


def _described(type_name: str) -> str:
    """A type for people: ``integer or None`` is a whole number or nothing; values in quotes stay as they are."""
    return " or ".join(map(_noun, type_name.split(" or ")))


def _noun(type_name: str) -> str:
    """``AssertionOperator`` is an assertion operator."""
    if type_name in TYPES or not type_name[:1].isalpha():
        return TYPES.get(type_name, type_name)
    words = HUMP.sub(" ", type_name).lower() if type_name.isalpha() else type_name
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _reason(why: str) -> str:
    """What Robot or a converter of ours adds: an item that was refused, the members that there are, or what to call first."""
    if match := REFUSED.fullmatch(why):
        return f"{match[1].lower()} {match[2]}: {_refusal(match)}"
    return NO_MEMBER.sub("there are: ", why)
