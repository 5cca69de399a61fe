"""Evidence packs: whatever is changed in them is named."""

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from judged_runs import finished, judged, SANDBOX
from pack_changes import unnamed_changes
from time_stamping import authority

from theodore_qa import signing
from theodore_qa.errors import UsageError
from theodore_qa.pack import archive, chain, manifest, timestamps, verifying
from theodore_qa.report.pack import EvidencePack
from theodore_qa.run import ledger
from theodore_qa.run.finished import EMBEDDED

CHANGES = 200


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    folder = tmp_path_factory.mktemp("keys")
    private = Ed25519PrivateKey.generate()
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    public = private.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "public.pem").write_bytes(public)
    return folder


@pytest.fixture
def pack(tmp_path, keys):
    """Makes the pack of a run, signed."""

    def make(run_id="run-1", *, problems=(), sign=True, gates="gates: 1\n", stamped_by=""):
        evidence = tmp_path / "evidence"
        ledger.started(evidence, run_id)
        (evidence / run_id).mkdir(parents=True)
        for pid in (17, 18):
            records = [json.dumps({"type": "observation", "pid": pid, "line": line}) + "\n" for line in range(20)]
            (evidence / run_id / f"{pid}-1.jsonl").write_text("".join(records), encoding="utf-8")
        (tmp_path / "gates.yaml").write_text(gates, encoding="utf-8")
        (tmp_path / "output.xml").write_text(f"<robot>{run_id}</robot>", encoding="utf-8")
        run = finished([judged("e2e/a.robot", "A")], tmp_path, environment=SANDBOX, problems=problems)
        run.id = run_id
        key = signing.private_key(keys / "key.pem") if sign else None
        EvidencePack([tmp_path / "gates.yaml"], ["output.xml"], key, stamped_by).write(run)
        return evidence / run_id

    return make


def test_a_pack_that_nobody_touched_holds(pack, keys):
    folder = pack()
    assert verifying.problems(folder, keys / "public.pem") == []
    assert chain.all_problems(folder.parent) == []
    expected = {
        "17-1.jsonl",
        "artefacts/output.xml",
        "chain.json",
        "environment.json",
        "inputs.json",
        "results.json",
        "versions.json",
    }
    assert expected <= set(manifest.files(folder))
    for name in ("environment.json", "inputs.json", "results.json", "versions.json", "chain.json"):
        assert json.loads((folder / name).read_text())["notice"] == EMBEDDED


def test_200_changes_are_all_named(pack, keys, tmp_path):
    folder = pack()
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(10**6)
    print(f"SEED={seed}")  # noqa: T201  # to repeat a failure
    unnamed = unnamed_changes(folder, keys / "public.pem", tmp_path / "copy", seed, CHANGES)
    assert unnamed == [], f"SEED={seed}"


@pytest.mark.parametrize("name", [manifest.MANIFEST, manifest.SIGNATURE, manifest.ATTESTATION, manifest.SEAL])
def test_the_seal_tells_what_changed_without_a_key(pack, name):
    folder = pack()
    content = bytearray((folder / name).read_bytes())
    content[5] = ord("0") if content[5] != ord("0") else ord("1")
    (folder / name).write_bytes(content)
    assert any(name in sentence for sentence in verifying.problems(folder))


@pytest.mark.parametrize("sign", [True, False])
def test_a_seal_that_was_swapped_with_a_file_is_named(pack, sign):
    folder = pack(sign=sign)
    seal, other = folder / manifest.SEAL, folder / "results.json"
    content = seal.read_bytes(), other.read_bytes()
    other.write_bytes(content[0])
    seal.write_bytes(content[1])
    assert verifying.problems(folder)[:2] == ["CHANGED results.json.", f"CHANGED {manifest.SEAL}."]


def test_a_pack_that_was_made_anew_does_not_fit_the_key_or_the_ledger(pack, keys):
    folder = pack()
    (folder / "results.json").write_text("{}", encoding="utf-8")
    manifest.write(folder)
    manifest.seal(folder)
    assert verifying.problems(folder, keys / "public.pem") == [
        "MISSING manifest.sha256.sig: the pack is not signed.",
        "CHANGED manifest.sha256: ledger.jsonl names another digest of it.",
        "CHANGED manifest.seal: ledger.jsonl names another digest of it.",
    ]


def test_a_link_to_the_same_bytes_is_a_change(pack, tmp_path):
    folder = pack()
    (folder / "plan.json").unlink(missing_ok=True)
    shutil.move(folder / "results.json", tmp_path / "elsewhere.json")
    (folder / "results.json").symlink_to(tmp_path / "elsewhere.json")
    assert verifying.problems(folder) == ["CHANGED results.json."]


def test_each_pack_names_the_one_before_and_the_runs_between(pack):
    first = pack("run-1")
    ledger.started(first.parent, "run-2")
    ledger.started(first.parent, "run-3")
    ledger.aborted(first.parent, "run-3", "the disk was full")
    link = json.loads((pack("run-4") / chain.FILE).read_text())
    assert link["previous"] == {"run": "run-1", "manifest_sha256": manifest.digest(first / manifest.MANIFEST)}
    assert link["not_judged_since"] == [
        {"run": "run-2", "reason": "it did not end: its process was killed"},
        {"run": "run-3", "reason": "the disk was full"},
    ]
    assert (link["number"], link["ledger_problems"]) == (4, [])


def test_an_earlier_manifest_that_was_replaced_is_named_by_the_next_pack(pack):
    first, second = pack("run-1"), pack("run-2")
    (first / "results.json").write_text("{}", encoding="utf-8")
    manifest.write(first)
    manifest.seal(first)
    (first.parent / ledger.FILE).unlink()
    assert verifying.problems(first) == []
    assert verifying.problems(second) == [
        "CHANGED manifest.sha256 of the run before, run-1: this pack names another digest of it."
    ]


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda lines: lines[:1] + lines[2:], "Line 2 of ledger.jsonl (run run-2) does not follow from the line before it."),
        (lambda lines: lines[1:], "Line 1 of ledger.jsonl (run run-1) does not follow from the line before it."),
        (lambda lines: [lines[0].replace("run-1", "run-0"), *lines[1:]], "does not follow from the line before it."),
        (lambda lines: ["{" + lines[0], *lines[1:]], "Line 1 of ledger.jsonl is damaged."),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "does not follow from the line before it."),
    ],
)
def test_a_gap_in_the_ledger_is_named_and_a_problem_of_the_next_run(pack, edit, sentence):
    evidence = pack("run-1").parent
    pack("run-2")
    path = evidence / ledger.FILE
    path.write_text("\n".join(edit(path.read_text().splitlines())) + "\n", encoding="utf-8")
    assert any(sentence in found for found in chain.all_problems(evidence))
    data = json.loads((pack("run-3") / "results.json").read_text())
    assert any(sentence in found for found in data["problems"])
    assert data["exit_code"] == 3


def test_packs_that_are_gone_and_folders_that_came_are_named(pack):
    folder = pack("run-1")
    shutil.rmtree(folder)
    for name in ("run-8", "run-9"):
        (folder.parent / name).mkdir()
    (folder.parent / "run-9" / manifest.MANIFEST).write_text("", encoding="utf-8")
    assert chain.all_problems(folder.parent) == [
        "MISSING run-1: the ledger names its pack, which is not there.",
        "ADDED run-9: the ledger knows no such run.",
    ]
    assert chain.unsealed(folder.parent) == ["run-8"]


def test_gates_that_changed_since_the_run_before_are_named(pack, capsys):
    pack("run-1")
    folder = pack("run-2", gates="gates: 2\n")
    assert "CHANGED: gates.yaml is another than in the run before, run-1." in capsys.readouterr().out
    assert json.loads((folder / "inputs.json").read_text())["changed"]["changed"] == ["gates.yaml"]


def commands_of_the_guide():
    """The commands by which docs/READINESS.md has a pack verified without a tool of ours."""
    text = (Path(__file__).parents[4] / "docs" / "READINESS.md").read_text()
    section = text.partition("### Verify with sha256sum and openssl alone")[2].partition("\n## ")[0]
    return [line.strip() for line in section.splitlines() if line.startswith("    ")]


@pytest.mark.needs("openssl")
def test_the_commands_of_the_guide_verify_a_pack(pack, keys, tmp_path):
    pack("previous-run")
    with authority(tmp_path / "tsa") as url:
        folder = pack("run-2", stamped_by=url)
    commands = [
        command.replace("PREVIOUS_RUN", "previous-run")
        .replace("public.pem", str(keys / "public.pem"))
        .replace("tsa.pem", str(tmp_path / "tsa" / "tsa.pem"))
        for command in commands_of_the_guide()
    ]
    assert len(commands) == 6

    def run(command):
        strict = ["bash", "-c", f"set -o pipefail; {command}"]
        return subprocess.run(strict, cwd=folder, capture_output=True, text=True, check=False)

    def failing():
        return [number for number, command in enumerate(commands, 1) if run(command).returncode]

    assert failing() == []
    previous = json.loads((folder / chain.FILE).read_text())["previous"]["manifest_sha256"]
    assert run(commands[-1]).stdout.split()[0] == previous
    (folder / "results.json").write_text("{}")
    (folder / "extra.json").write_text("{}")
    assert failing() == [2, 5]
    (folder / manifest.MANIFEST).write_text((folder / manifest.MANIFEST).read_text().replace("results", "result5"))
    assert failing() == [1, 2, 3, 4, 5]


def test_others_read_the_attestation(pack, keys):
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from google.protobuf.json_format import Parse
    from in_toto_attestation.predicates.test_result.v0.test_result_pb2 import TestResult
    from in_toto_attestation.v1.statement import Statement
    from in_toto_attestation.v1.statement_pb2 import Statement as Read
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    folder = pack(problems=["Something is wrong."])
    data = json.loads((folder / manifest.ATTESTATION).read_text())
    key = SSlibKey.from_crypto(load_pem_public_key((keys / "public.pem").read_bytes()))
    envelope = Envelope.from_dict(json.loads(json.dumps(data)))
    assert list(envelope.verify([key], 1)) == [key.keyid]
    read = Parse(envelope.payload, Read())
    Statement.copy_from_pb(read).validate()
    digests = {subject.name: subject.digest["sha256"] for subject in read.subject}
    assert digests == {name: manifest.digest(folder / name) for name in [manifest.MANIFEST, *manifest.files(folder)]}
    assert read.predicate_type == "https://in-toto.io/attestation/test-result/v0.1"
    result = Parse(json.dumps(json.loads(envelope.payload)["predicate"]), TestResult(), ignore_unknown_fields=True)
    assert (result.result, list(result.passed_tests)) == ("FAILED", ["e2e/a.robot:1 A"])
    assert {item.name for item in result.configuration} >= {"gates.yaml"}

    changed = Envelope.from_dict(data | {"payloadType": "text/plain"})
    with pytest.raises(VerificationError):
        changed.verify([key], 1)
    for name, other in (("payload", "e30="), ("signatures", [{"keyid": key.keyid, "sig": "AAAA"}]), ("signatures", []), ("payload", 7)):
        (folder / manifest.ATTESTATION).write_text(json.dumps(data | {name: other}))
        assert f"CHANGED {manifest.ATTESTATION}: its signature does not fit the key public.pem." in verifying.problems(
            folder, keys / "public.pem"
        )


@pytest.mark.needs("openssl")
def test_the_time_is_proven_by_an_authority_alone(pack, tmp_path):
    with authority(tmp_path / "tsa") as url:
        folder = pack(stamped_by=url)
    stamp = folder / manifest.TIMESTAMP
    assert verifying.problems(folder) == []
    proven = timestamps.proven(folder / manifest.MANIFEST, stamp, tmp_path / "tsa" / "tsa.pem")
    assert re.fullmatch(r"\w+ +\d+ \d\d:\d\d:\d\d \d{4} GMT", proven)
    with authority(tmp_path / "other"):
        assert timestamps.proven(folder / manifest.MANIFEST, stamp, tmp_path / "other" / "tsa.pem") == ""
    assert timestamps.proven(folder / "results.json", stamp, tmp_path / "tsa" / "tsa.pem") == ""
    with pytest.raises(UsageError, match="There is no certificate"):
        timestamps.proven(folder / manifest.MANIFEST, stamp, tmp_path / "none.pem")
    stamp.unlink()
    assert verifying.problems(folder) == [f"MISSING {manifest.TIMESTAMP}."]
    manifest.seal(folder)
    assert verifying.problems(folder) == [f"CHANGED {manifest.SEAL}: ledger.jsonl names another digest of it."]


def other_digest(query):
    place = query.index(bytes.fromhex("0420")) + 2
    return query[:place] + bytes(32) + query[place + 32 :]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"", "the authority gave no time stamp."),
        (b"nonsense" * 100, "the authority gave no time stamp."),
        (bytes.fromhex("30053003020102"), "the authority gave no time stamp."),  # rejected
        (bytes.fromhex("30053003020100"), "the authority answered to another request."),
        (None, "no time stamp came, it cannot be reached (Connection refused)."),
    ],
)
def test_without_a_stamp_the_time_is_unproven(pack, monkeypatch, capsys, answer, sentence):
    url = "http://127.0.0.1:9/"
    if answer is not None:
        monkeypatch.setattr(timestamps, "post", lambda *_: answer)
    folder = pack(stamped_by=url)
    assert f"TIME: The time is unproven: {sentence}" in capsys.readouterr().out
    assert not (folder / manifest.TIMESTAMP).exists()
    assert json.loads((folder / "results.json").read_text())["exit_code"] == 0
    assert verifying.problems(folder) == []


@pytest.mark.needs("openssl")
def test_a_stamp_of_something_else_is_refused(tmp_path):
    with authority(tmp_path, other_digest) as url, pytest.raises(timestamps.TimestampError, match="to another request"):
        timestamps.obtained(bytes(range(32)), url)


def test_an_export_is_the_pack_and_always_the_same_bytes(pack, tmp_path, keys):
    folder = pack()
    for name in ("a.zip", "b.zip"):
        archive.export(folder, tmp_path / name)
    assert len({hashlib.sha256((tmp_path / name).read_bytes()).digest() for name in ("a.zip", "b.zip")}) == 1
    zipfile.ZipFile(tmp_path / "a.zip").extractall(tmp_path / "unpacked")
    assert verifying.problems(tmp_path / "unpacked" / folder.name, keys / "public.pem") == []


def test_keys_that_are_none_are_refused(tmp_path, keys):
    (tmp_path / "no.pem").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="holds no private key"):
        signing.private_key(tmp_path / "no.pem")
    with pytest.raises(UsageError, match="cannot be read"):
        signing.private_key(tmp_path / "none.pem")
    with pytest.raises(UsageError, match="holds no public key"):
        signing.fits(b"", b"", keys / "key.pem")
