"""A directory of people in memory that is asked with filters of LDAP."""

import re


class FilterError(ValueError):
    """What a directory says to a filter that it cannot read."""


def escaped(value):
    """A value that stands for itself within a filter."""
    return re.sub(r"[\\*()\0]", lambda found: f"\\{ord(found[0]):02x}", value)


def matcher(pattern):
    """A test for values: * stands for anything, \\2a for a star."""
    parts = [re.escape(re.sub(r"\\([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), part)) for part in re.split(r"\*+", pattern)]
    return re.compile(".*".join(parts), re.IGNORECASE | re.DOTALL).fullmatch


def read(text, depth=0):
    """A test for entries, and what is left of the text."""
    if not text.startswith("(") or depth > 20:
        raise FilterError("Bad search filter (87)")
    sign, rest = text[1:2], text[2:]
    if sign and sign in "&|!":
        inner = []
        while rest.startswith("("):
            test, rest = read(rest, depth + 1)
            inner.append(test)
        if not rest.startswith(")") or (sign == "!" and len(inner) != 1):
            raise FilterError("Bad search filter (87)")
        whole = {"&": lambda entry: all(test(entry) for test in inner), "|": lambda entry: any(test(entry) for test in inner), "!": lambda entry: not inner[0](entry)}[sign]
        return whole, rest[1:]
    found = re.match(r"\(([A-Za-z]{1,30})=([^()]*)\)", text)
    if not found:
        raise FilterError("Bad search filter (87)")
    name, fits = found[1].lower(), matcher(found[2])
    return (lambda entry: any(key.lower() == name and fits(value) for key, value in entry.items())), text[found.end() :]


def search(entries, text):
    """The entries that a filter finds."""
    test, rest = read(text)
    if rest:
        raise FilterError("Bad search filter (87)")
    return [entry for entry in entries if test(entry)]
