"""The run as an in-toto statement in a DSSE envelope, which verifiers of the supply chain read without a tool of ours.

Its subjects are the manifest and all files that the manifest names; its predicate is in-toto's own for results of tests.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, TYPE_CHECKING

from theodore_qa.pack import manifest

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.run.finished import FinishedRun

PAYLOAD = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"


def statement(run: FinishedRun, folder: Path, digests: dict[str, str]) -> dict[str, Any]:
    """What is attested: of which files, by which configuration, and how each test ended.

    Args:
        run: that ended.
        folder: of its pack, with the manifest.
        digests: SHA-256 of what the run was held to and what it ran, by name.
    """
    listed, _ = manifest.entries((folder / manifest.MANIFEST).read_text(encoding="utf-8"))
    subjects = [(manifest.MANIFEST, manifest.digest(folder / manifest.MANIFEST)), *listed]
    named = {verdict: _named(run, verdict) for verdict in ("PASS", "FAIL", "NOT EVALUATED", "SKIP")}
    return {
        "_type": STATEMENT,
        "subject": _described(subjects),
        "predicateType": PREDICATE,
        "predicate": {
            "result": "FAILED" if run.exit_code else "PASSED",
            "configuration": _described(sorted(digests.items())),
            "passedTests": named["PASS"],
            "failedTests": named["FAIL"],
            "notEvaluatedTests": named["NOT EVALUATED"],
            "skippedTests": named["SKIP"],
            "exitCode": run.exit_code,
            "run": run.id,
            "environment": run.environment.name,
            "notice": run.notice,
        },
    }


def _named(run: FinishedRun, verdict: str) -> list[str]:
    return [f"{test.suite}:{test.key[1]} {test.name}" for test in run.judgement.tests if test.verdict == verdict]


def _described(digests: list[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"name": name, "digest": {"sha256": digest}} for name, digest in digests if digest]


def envelope(content: dict[str, Any], key: Any) -> dict[str, Any]:
    """A DSSE envelope with the signature of an Ed25519 key."""
    payload = json.dumps(content, ensure_ascii=False).encode()
    signature = {"keyid": key_id(key.public_key()), "sig": _base64(key.sign(encoded(payload)))}
    return {"payload": _base64(payload), "payloadType": PAYLOAD, "signatures": [signature]}


def encoded(payload: bytes) -> bytes:
    """What is signed: DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(payload), payload)


def key_id(public_key: Any) -> str:
    """The identifier of an Ed25519 key, as securesystemslib makes it."""
    value = {"keytype": "ed25519", "keyval": {"public": public_key.public_bytes_raw().hex()}, "scheme": "ed25519"}
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def signed(path: Path) -> tuple[bytes, bytes]:
    """What an envelope has signed, and the signature; two empty texts if the file is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        payload, signature = (base64.b64decode(text, validate=True) for text in (data["payload"], data["signatures"][0]["sig"]))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return b"", b""
    return encoded(payload), signature


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
