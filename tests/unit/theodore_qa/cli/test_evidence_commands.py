"""The commands on evidence: what they say, and with which exit code."""

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from judged_runs import finished, judged

from theodore_qa.cli.evidence import group
from theodore_qa.errors import UsageError
from theodore_qa.readiness import attestations, gates
from theodore_qa.report.pack import EvidencePack
from theodore_qa.run import ledger

PEM = serialization.Encoding.PEM


@pytest.fixture
def keys(tmp_path):
    key = Ed25519PrivateKey.generate()
    private, public = tmp_path / "key.pem", tmp_path / "public.pem"
    private.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture
def pack(tmp_path):
    evidence = tmp_path / "evidence"
    ledger.started(evidence, "run-1")
    run = finished([judged("e2e/a.robot", "A")], tmp_path)
    run.id = "run-1"
    EvidencePack([], []).write(run)
    return evidence / "run-1"


def invoked(*arguments):
    return CliRunner().invoke(group, [str(argument) for argument in arguments], catch_exceptions=True)


def test_a_pack_and_all_packs_are_verified(pack, keys):
    done = invoked("verify", pack)
    holds = "The evidence holds: 1 pack as sealed; their signatures were not looked at (--key).\n"
    assert (done.exit_code, done.output) == (0, f"The time is unproven: nobody stamped it.\n{holds}")
    (pack.parent / "plain-robot").mkdir()
    done = invoked("verify", pack.parent)
    assert done.exit_code == 0
    assert done.output.startswith("NOT SEALED: the run plain-robot has records and no manifest: ")
    done = invoked("verify", pack, "--key", keys[1])
    assert (done.exit_code, done.output.splitlines()[0]) == (1, "run-1: MISSING manifest.sha256.sig: the pack is not signed.")


def test_a_folder_without_packs_does_not_hold(tmp_path):
    done = invoked("verify", tmp_path)
    assert (done.exit_code, "MISSING manifest.sha256" in done.output) == (1, True)
    assert isinstance(invoked("verify", tmp_path / "none").exception, UsageError)


def test_a_pack_that_was_changed_is_not_exported(pack, tmp_path):
    assert invoked("export", pack, "--to", tmp_path / "pack.zip").exit_code == 0
    (pack / "plan.json").write_text("[]", encoding="utf-8")
    done = invoked("export", pack, "--to", tmp_path / "other.zip")
    assert str(done.exception) == "The pack is not what was sealed:\nADDED plan.json: the manifest does not name it."
    assert not (tmp_path / "other.zip").exists()


def test_what_is_attested_feeds_its_gate(tmp_path, keys):
    (tmp_path / "seen.txt").write_text("seen", encoding="utf-8")
    into = tmp_path / "attestations.yaml"
    for gate in ("backup-restored", "alerts-trigger"):
        done = attested(gate, tmp_path, keys[0])
        assert done.exit_code == 0, done.output
    known = {name: gates.Gate(name, "t", "s", "attestation", "==", 100, "%") for name in ("backup-restored", "alerts-trigger")}
    found = attestations.read(into, keys[1], known)
    assert {name: value.reason for name, value in found.items()} == {
        "attestation:backup-restored": "", "attestation:alerts-trigger": "",
    }  # fmt: skip


def attested(gate, folder, key, until="2999-01-01", name="Jane: ops"):
    options = ("--name", name, "--evidence", folder / "seen.txt", "--until", until, "--key", key)
    return invoked("attest", gate, *options, "--into", folder / "attestations.yaml")


@pytest.mark.parametrize(
    ("gate", "until", "message"),
    [
        ("backup-restord", "2999-01-01", "There is no gate to attest 'backup-restord' in gates.yaml: did you mean 'backup-restored'?"),
        ("availability", "2999-01-01", "There is no gate to attest 'availability' in gates.yaml: "),
        ("backup-restored", "2020-01-01", "An attestation until 2020-01-01 has ended: expected today, "),
    ],
)
def test_what_no_run_would_take_is_not_attested(tmp_path, keys, gate, until, message):
    (tmp_path / "seen.txt").write_text("seen", encoding="utf-8")
    done = attested(gate, tmp_path, keys[0], until)
    assert str(done.exception)[: len(message)] == message
    assert not (tmp_path / "attestations.yaml").exists()


def test_nobody_attests_nothing(tmp_path, keys):
    (tmp_path / "seen.txt").write_text("seen", encoding="utf-8")
    done = attested("backup-restored", tmp_path, keys[0], name=" ")
    assert str(done.exception) == "Nobody attests: expected the name of a person; give it by --name."
    assert not (tmp_path / "attestations.yaml").exists()
