"""Evidence packs: whatever is changed in them is named."""

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import zipfile

import pytest
from judged_runs import finished, judged, SANDBOX

from theodore_qa import signing
from theodore_qa.errors import UsageError
from theodore_qa.pack import archive, chain, manifest, verifying
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

    def make(run_id="run-1", *, problems=(), sign=True, gates="gates: 1\n"):
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
        EvidencePack([tmp_path / "gates.yaml"], ["output.xml"], key).write(run)
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
    draw = random.Random(seed)
    unnamed = []
    for number in range(CHANGES):
        copy = tmp_path / "copy" / folder.name
        shutil.rmtree(copy.parent, ignore_errors=True)
        shutil.copytree(folder, copy)
        expected = change(copy, draw, number)
        found = verifying.problems(copy, keys / "public.pem")
        unnamed += [(number, name, found) for name in expected if not any(names(name, sentence) for sentence in found)]
    assert unnamed == [], f"SEED={seed}"


def names(name, sentence):
    """Whether a sentence names a file itself, not one whose name is longer."""
    return bool(re.search(rf"(?<![\w/]){re.escape(name)}(?![\w/]|\.\w)", sentence))


def change(folder, draw, number):
    """Make one change; returns the names of the files that have to be named."""
    known = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    name = draw.choice(known)
    path = folder / name
    kind = ("byte", "removal", "addition", "swap", "lines")[number % 5]
    if kind == "byte":
        content = bytearray(path.read_bytes())
        content[draw.randrange(len(content))] ^= draw.randrange(1, 256)
        path.write_bytes(content)
        return [name]
    if kind == "removal":
        path.unlink()
        return [name]
    if kind == "addition":
        added = draw.choice(["extra.json", "artefacts/extra.xml", "0-0.jsonl", "manifest.sha256.old", "sub/folder/x"])
        (folder / added).parent.mkdir(parents=True, exist_ok=True)
        (folder / added).write_bytes(draw.choice([b"", b"x"]))
        return [added]
    if kind == "swap":
        other = draw.choice([own for own in known if (folder / own).read_bytes() != path.read_bytes()])
        content, others = path.read_bytes(), (folder / other).read_bytes()
        path.write_bytes(others)
        (folder / other).write_bytes(content)
        return [name, other] if manifest.MANIFEST not in (name, other) else [manifest.MANIFEST]
    many = [name for name in known if len((folder / name).read_bytes().splitlines()) > 1 and name != manifest.SIGNATURE]
    name = draw.choice(many)
    lines = (folder / name).read_bytes().splitlines(keepends=True)
    first, second = draw.sample([index for index, line in enumerate(lines)], 2)
    if lines[first] == lines[second]:
        lines[first] = b"x" + lines[first]
    lines[first], lines[second] = lines[second], lines[first]
    (folder / name).write_bytes(b"".join(lines))
    return [name]


@pytest.mark.parametrize("name", [manifest.MANIFEST, manifest.SIGNATURE, manifest.SEAL])
def test_the_seal_tells_what_changed_without_a_key(pack, name):
    folder = pack()
    content = bytearray((folder / name).read_bytes())
    content[5] = ord("0") if content[5] != ord("0") else ord("1")
    (folder / name).write_bytes(content)
    assert any(name in sentence for sentence in verifying.problems(folder))


def test_a_pack_that_was_made_anew_does_not_fit_the_key_or_the_ledger(pack, keys):
    folder = pack()
    (folder / "results.json").write_text("{}", encoding="utf-8")
    manifest.write(folder)
    manifest.seal(folder)
    assert verifying.problems(folder, keys / "public.pem") == [
        "MISSING manifest.sha256.sig: the pack is not signed.",
        "CHANGED manifest.sha256: ledger.jsonl names another digest of it.",
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


def test_sha256sum_and_openssl_alone_verify_a_pack(pack, keys):
    folder = pack()
    for name in (manifest.SEAL, manifest.MANIFEST):
        check = ["sha256sum", "--check", "--strict", "--quiet", name]
        done = subprocess.run(check, cwd=folder, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")
    if shutil.which("openssl"):
        ask = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", keys / "public.pem", "-rawin", "-in", manifest.MANIFEST]
        done = subprocess.run([*ask, "-sigfile", manifest.SIGNATURE], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout


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
