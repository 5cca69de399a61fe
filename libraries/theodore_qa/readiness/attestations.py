"""Attestations: what a person has looked at and signed, since no test can; each with name, date, evidence and an end."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import json
from typing import Any, TYPE_CHECKING

from theodore_qa import signing
from theodore_qa.errors import unknown, UsageError
from theodore_qa.readiness.files import read_checked
from theodore_qa.readiness.measuring import ATTESTED, ReportValue
from theodore_qa.statistics import Share

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from theodore_qa.readiness.gates import Gate

FILE, SCHEMA = "attestations.yaml", "attestations.schema.json"
SIGNED = ("gate", "name", "date", "until", "evidence", "sha256")
UNKNOWN = Share(0, 0)


def read(path: Path, key: Path | None, gates: Mapping[str, Gate]) -> dict[str, ReportValue]:
    """What the attestations in a file say, by the inputs of their gates.

    Args:
        path: of the attestations; the evidence that they name lies beside it.
        key: public key of those who attest, from elsewhere.
        gates: by their ids.

    Raises:
        UsageError: the file is not valid, names a gate that is no attestation, or the key is none.
    """
    found: dict[str, ReportValue] = {}
    known = attestable(gates)
    for entry in read_checked(path, SCHEMA)["attestations"]:
        if entry["gate"] not in known:
            raise unknown("gate to attest", entry["gate"], known, path.name)
        reason = _flaw(entry, path, key)
        name = f"{ATTESTED}:{entry['gate']}"
        if name not in found or not reason:
            found[name] = ReportValue(UNKNOWN if reason else Share(1, 1), reason)
    return found


def attestable(gates: Mapping[str, Gate]) -> list[str]:
    """The ids of the gates that a person attests."""
    return [name for name, gate in gates.items() if gate.measure == ATTESTED]


def signed_entry(gate: str, name: str, until: dt.date, evidence: Path, folder: Path, key: Any) -> dict[str, str]:
    """An entry of attestations.yaml for today, signed.

    Raises:
        UsageError: the evidence does not lie in the folder of the attestations or cannot be read, the end has passed, or
            nobody is named.
    """
    if not name.strip():
        raise UsageError("Nobody attests: expected the name of a person; give it by --name.")
    today = dt.datetime.now(dt.UTC).date()
    if until < today:
        raise UsageError(f"An attestation until {until} has ended: expected today, {today}, or a later day; name it by --until.")
    if not evidence.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"The evidence {evidence} is not in {folder}, where the attestations are: move it there.")
    entry = {
        "gate": gate,
        "name": name,
        "date": today.isoformat(),
        "until": until.isoformat(),
        "evidence": evidence.resolve().relative_to(folder.resolve()).as_posix(),
        "sha256": _digest(evidence),
    }
    return entry | {"signature": base64.b64encode(key.sign(_text(entry))).decode()}


def _flaw(entry: dict[str, str], path: Path, key: Path | None) -> str:
    """Why an attestation shows nothing; empty if it holds."""
    who = f"the attestation of {entry['name']}"
    evidence = path.parent / entry["evidence"]
    try:
        date, until = (dt.date.fromisoformat(entry[name]) for name in ("date", "until"))
        signature = base64.b64decode(entry.get("signature", ""), validate=True)
    except (ValueError, binascii.Error) as error:
        return f"{who} cannot be read: {error}"
    today = dt.datetime.now(dt.UTC).date()
    if not signature or key is None:
        return f"{who} is not signed" if not signature else f"{who} was not verified: name a public key by --attestation-key"
    if not signing.fits(_text(entry), signature, key):
        return f"{who} was changed, or signed by another key"
    if not date <= today <= until:
        return f"{who} holds from {date} to {until}"
    if not evidence.is_file() or _digest(evidence) != entry["sha256"]:
        return f"{who} rests on {entry['evidence']}, which is not there or was changed"
    return ""


def _text(entry: dict[str, str]) -> bytes:
    """What is signed: all of an entry but the signature."""
    return json.dumps([entry[name] for name in SIGNED], ensure_ascii=False).encode()


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"The evidence {path} cannot be read: {error.strerror}.") from None
