"""Sensitive data in any text: keys, tokens, private keys, card numbers, numbers of persons; and what was planted."""

from __future__ import annotations

import base64
import codecs
import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KEYS = {
    "AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    "Google API key": re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b"),
    "Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "OpenAI key": re.compile(r"\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,}"),
    "Stripe key": re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "credentials in a URL": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'<>]+:[^\s/@\"'<>*]+@[\w.-]+"),
}
# Operations that hand out tokens: those of signing in, and the change of a password, which ends the sessions of before.
GIVING = re.compile(r"(?i)login|sign-?in|token|api-?keys|/auth|oauth|refresh|session|^(?:post|put|patch) \S*passw")
TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}")
CARD = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-]|\.\d)")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
# The variables of a process: where programs are looked for, and others that nearly every process has.
ENVIRONMENT = re.compile(r"""(?<![A-Za-z_])PATH["']?\s*(?::|=>?|</t[dh]>\s*<td[^>]*>)\s*["']?/[\w./-]*bin(?![\w-])""")
USUAL = re.compile(r"""(?<![A-Za-z_])(HOME|PWD|USER|HOSTNAME|SHELL|LANG|TERM|SHLVL)["']?\s*(?::|=>?|</t[dh]>)\s*["'<]?[/\w]""")
FEWEST = 2
SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
# Beginnings and lengths of the numbers of Visa, Mastercard, American Express, Diners, Discover and JCB.
ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35\d{14}"
)


def found_in(text: str, *, tokens: bool = True) -> dict[str, str]:
    """What sensitive data a text holds: kind and the first one, cut."""
    found = {kind: match[0] for kind, pattern in KEYS.items() if (match := pattern.search(text))}
    if tokens and (match := TOKEN.search(text)):
        found["token"] = match[0]
    if (match := ENVIRONMENT.search(text)) and len(set(USUAL.findall(text))) >= FEWEST:
        found["list of the variables of its process"] = match[0]
    for kind, hits in (("card number", cards(text)), ("IBAN", ibans(text)), ("social security number", SSN.findall(text))):
        if first := next(iter(hits), None):
            found[kind] = first
    return {kind: f"{value[:4]}…{value[-2:]}" for kind, value in found.items()}


def cards(text: str) -> Iterator[str]:
    """Numbers that an issuer of cards gives and whose check digit is right (Luhn, ISO/IEC 7812)."""
    for match in CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if ISSUERS.fullmatch(digits) and luhn(digits) and len(set(digits)) > 1:
            yield match[0]


def luhn(digits: str) -> bool:
    """Whether the check digit of a number is right."""
    doubled = [int(digit) * (2 if index % 2 else 1) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004  # digits


def ibans(text: str) -> Iterator[str]:
    """International bank account numbers whose check digits are right (ISO 13616, modulo 97)."""
    for match in IBAN.finditer(text):
        plain = match[0].replace(" ", "")
        number = "".join(str(int(char, 36)) for char in plain[4:] + plain[:4])
        if int(number) % 97 == 1:
            yield match[0]


def reversal(original: str, anonymised: str) -> str:
    """By which simple way an anonymised value leads back to its original; empty if by none.

    Tried are the value itself, its parts, usual encodings, and digests without a salt: who has a list of candidates, such as
    e-mail addresses, finds the original of those at once.
    """
    plain, other = original.strip(), anonymised.strip()
    if not other:
        return ""
    if plain.lower() in other.lower():
        return "it holds the original"
    raw = plain.encode()
    forms = {
        "base64": base64.b64encode(raw).decode(),
        "base64 for URLs": base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "base32": base64.b32encode(raw).decode(),
        "hexadecimal": raw.hex(),
        "rot13": codecs.encode(plain, "rot13"),
        "reversed": plain[::-1],
    }
    for name, form in forms.items():
        if form.lower().rstrip("=") == other.lower().rstrip("="):
            return f"it is the original, {name}"
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "sha3_256"):
        for text in (plain, plain.lower()):
            digest = hashlib.new(name, text.encode(), usedforsecurity=False).digest()
            same = {digest.hex(), base64.b64encode(digest).decode(), base64.urlsafe_b64encode(digest).decode().rstrip("=")}
            if other.lower() in {form.lower() for form in same} or (len(other) >= 12 and digest.hex().startswith(other.lower())):  # noqa: PLR2004
                return f"it is the {name} digest of the original without a salt: a list of candidates finds it"
    unmasked = _unmasked(plain, other)
    if unmasked is not None:
        return f"{unmasked:.0%} of its characters stand where they stood"
    return ""


MOST_SHOWN = 0.5


def _unmasked(original: str, masked: str) -> float | None:
    """How much of a masked value is still there, if it is more than half."""
    if len(masked) != len(original) or len(original) < 4:  # noqa: PLR2004  # too short to tell
        return None
    letters = [(before, after) for before, after in zip(original, masked, strict=True) if before.isalnum()]
    same = sum(before == after for before, after in letters) / max(len(letters), 1)
    return same if same > MOST_SHOWN else None


def planted(texts: Iterable[tuple[str, str]], secrets: dict[str, str]) -> list[tuple[str, str]]:
    """Where planted secrets stand: place and the secret's name, in clear or in a simple encoding."""
    hits = []
    for location, text in texts:
        for name, value in secrets.items():
            raw = value.encode()
            forms = (value, base64.b64encode(raw).decode().rstrip("="), raw.hex())
            if any(form in text for form in forms):
                hits.append((location, name))
    return hits
