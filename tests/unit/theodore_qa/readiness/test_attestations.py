"""Attestations: only what is signed, in time and unchanged counts."""

import base64
import datetime as dt
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from theodore_qa.errors import UsageError
from theodore_qa.readiness import attestations
from theodore_qa.readiness.gates import Gate

GATES = {
    "backup": Gate("backup", "t", "s", "attestation", "==", 100, "%"),
    "other": Gate("other", "t", "s", "tests", "==", 100, "%"),
}
FUTURE = dt.date(2999, 1, 1)


@pytest.fixture
def key():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def public(key, tmp_path):
    path = tmp_path / "public.pem"
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    path.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))
    return path


@pytest.fixture
def entry(key, tmp_path):
    (tmp_path / "seen.pdf").write_bytes(b"seen")
    return attestations.signed_entry("backup", "Jane", FUTURE, tmp_path / "seen.pdf", tmp_path, key)


def result(tmp_path, key, *entries):
    path = tmp_path / "attestations.yaml"
    path.write_text(json.dumps({"attestations": entries}), encoding="utf-8")
    found = attestations.read(path, key, GATES)["attestation:backup"]
    return found.share.hits, found.reason


def test_what_is_signed_holds(tmp_path, public, entry):
    assert result(tmp_path, public, entry) == (1, "")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "Joe"}, "the attestation of Joe was changed, or signed by another key"),
        ({"until": "3000-01-01"}, "the attestation of Jane was changed, or signed by another key"),
        ({"signature": "AAAA"}, "the attestation of Jane was changed, or signed by another key"),
        ({"signature": "?"}, "the attestation of Jane cannot be read: "),
        ({"date": "soon"}, "the attestation of Jane cannot be read: "),
    ],
)
def test_what_was_changed_shows_nothing(tmp_path, public, entry, change, reason):
    hits, given = result(tmp_path, public, entry | change)
    assert (hits, given[: len(reason)]) == (0, reason)


def test_what_is_unsigned_ended_or_without_its_evidence_shows_nothing(tmp_path, public, entry, key):
    unsigned = {name: value for name, value in entry.items() if name != "signature"}
    assert result(tmp_path, public, unsigned) == (0, "the attestation of Jane is not signed")
    assert result(tmp_path, None, entry) == (
        0,
        "the attestation of Jane was not verified: name a public key by --attestation-key",
    )
    ended = entry | {"date": "2020-01-01", "until": "2020-01-01"}
    ended["signature"] = base64.b64encode(key.sign(json.dumps([ended[name] for name in attestations.SIGNED]).encode())).decode()
    assert result(tmp_path, public, ended)[1].startswith("the attestation of Jane holds from ")
    assert result(tmp_path, public, ended, entry) == (1, "")
    (tmp_path / "seen.pdf").write_bytes(b"other")
    assert result(tmp_path, public, entry)[1] == "the attestation of Jane rests on seen.pdf, which is not there or was changed"


def test_gates_that_tests_decide_cannot_be_attested(tmp_path, public, entry):
    with pytest.raises(UsageError, match="There is no gate to attest 'other'"):
        result(tmp_path, public, entry | {"gate": "other"})


def test_evidence_lies_beside_the_attestations(tmp_path, key):
    with pytest.raises(UsageError, match="move it there"):
        attestations.signed_entry("backup", "Jane", FUTURE, tmp_path / "seen.pdf", tmp_path / "variables", key)
