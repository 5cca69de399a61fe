"""RFC 3161: a time-stamping authority signs that the manifest existed at a time."""

from __future__ import annotations

import secrets
import subprocess
from typing import TYPE_CHECKING

from theodore_qa import extras
from theodore_qa.errors import QaError, UsageError
from theodore_qa.posting import post, PostError

if TYPE_CHECKING:
    from pathlib import Path

WITHIN = 15.0  # seconds
SHA_256 = bytes.fromhex("300d06096086480165030402010500")  # its AlgorithmIdentifier in DER
INTEGER, OCTETS, SEQUENCE, TRUE = 0x02, 0x04, 0x30, bytes.fromhex("0101ff")
GRANTED = (0, 1)
UNPROVEN = "The time is unproven"


class TimestampError(QaError):
    """There is no time stamp; the text says why."""


def requested(digest: bytes, nonce: bytes) -> bytes:
    """A TimeStampReq for a SHA-256, which asks for the certificate too."""
    imprint = _der(SEQUENCE, SHA_256 + _der(OCTETS, digest))
    return _der(SEQUENCE, _der(INTEGER, b"\x01") + imprint + _der(INTEGER, nonce) + TRUE)


def _der(tag: int, content: bytes) -> bytes:
    """An element of less than 128 bytes."""
    return bytes([tag, len(content)]) + content


def obtained(digest: bytes, url: str) -> bytes:
    """The TimeStampResp of an authority for a SHA-256. Its signature is verified by whoever has the authority's certificate.

    Raises:
        TimestampError: it did not answer, refused, or answered to something else.
    """
    nonce = b"\x01" + secrets.token_bytes(8)  # a positive number
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        answer = post(url, requested(digest, nonce), headers, WITHIN)
    except PostError as error:
        raise TimestampError(f"{UNPROVEN}: no time stamp came, {error}.") from None
    if _status(answer) not in GRANTED:
        raise TimestampError(f"{UNPROVEN}: the authority gave no time stamp.")
    if _der(OCTETS, digest) not in answer or _der(INTEGER, nonce) not in answer:
        raise TimestampError(f"{UNPROVEN}: the authority answered to another request.")
    return answer


def _status(answer: bytes) -> int | None:
    """The PKIStatus of a TimeStampResp; None if it is none."""
    inner = _content(answer, SEQUENCE)
    status = _content(inner, SEQUENCE)
    value = _content(status, INTEGER)
    return int.from_bytes(value) if len(value) == 1 else None


def _content(data: bytes, tag: int) -> bytes:
    """What stands in the first element, if it has this tag; nothing otherwise."""
    if len(data) < 2 or data[0] != tag:  # noqa: PLR2004  # tag and length
        return b""
    more = data[1] & 0x7F if data[1] & 0x80 else 0
    size = int.from_bytes(data[2 : 2 + more]) if more else data[1]
    start = 2 + more
    return data[start : start + size] if start + size <= len(data) else b""


def proven(stamped: Path, response: Path, authority: Path) -> str:
    """The time at which a file existed, by a response whose authority has a certificate in a PEM file; empty if it is not proven.

    Raises:
        UsageError: there is no openssl, or no such certificate.
    """
    openssl = extras.program("openssl", "a look at a time stamp", UsageError)
    if not authority.is_file():
        raise UsageError(f"There is no certificate {authority}.")
    verify = [openssl, "ts", "-verify", "-data", str(stamped), "-in", str(response), "-CAfile", str(authority)]
    if subprocess.run(verify, capture_output=True, check=False, timeout=60).returncode:
        return ""
    read = [openssl, "ts", "-reply", "-in", str(response), "-text"]
    text = subprocess.run(read, capture_output=True, text=True, check=False, timeout=60).stdout
    return next((line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("Time stamp:")), "")
