"""The evidence pack of a run, sealed when all other reports are written."""

from __future__ import annotations

import json
import shutil
from typing import Any, TYPE_CHECKING

import click

from theodore_qa.pack import attestation, chain, contents, manifest, timestamps
from theodore_qa.redaction.cleaning import take_out_secrets
from theodore_qa.redaction.secrets import redact
from theodore_qa.run import ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from theodore_qa.run.finished import FinishedRun

ARTEFACTS = "artefacts"
INPUTS = "inputs.json"


class EvidencePack:
    """Writes what a run rests on beside its records, and seals it; says what changed since the run before.

    Attributes:
        files: none in the results folder: each pack stays.
    """

    files = ()

    def __init__(self, read_from: Iterable[Path], artefacts: Sequence[str], key: Any = None, authority: str = "") -> None:
        self.read_from = list(read_from)
        self.artefacts = artefacts
        self.key = key
        self.authority = authority  # the address of who stamps times

    def write(self, run: FinishedRun) -> list[Path]:
        """Write and seal the pack; what could not be redacted in it becomes a problem of the run before it is sealed."""
        evidence = run.folder / "evidence"
        folder = evidence / run.id
        folder.mkdir(parents=True, exist_ok=True)
        link = chain.link(evidence, run.id)
        run.judgement.problems += link["ledger_problems"]
        inputs = contents.inputs(run, self.read_from, _previous_inputs(evidence, link))
        _say_changes(inputs["changed"], link)
        (folder / ARTEFACTS).mkdir(exist_ok=True)
        for name in self.artefacts:
            if (run.folder / name).is_file():
                shutil.copyfile(run.folder / name, folder / ARTEFACTS / name)
        about = {"notice": run.notice or None, "run": run.id}
        data = {
            "environment.json": contents.environment(run),
            INPUTS: inputs,
            "versions.json": contents.versions(run.options, stamped_by=manifest.TIMESTAMP if self.authority else ""),
            chain.FILE: link,
        }
        written = [_write(folder / name, about | own) for name, own in data.items()]
        run.judgement.problems += take_out_secrets(written)
        run.judgement.problems += take_out_secrets([_write(folder / "results.json", about | contents.results(run))])
        sealed = manifest.write(folder)
        if self.key:
            (folder / manifest.SIGNATURE).write_bytes(self.key.sign((folder / manifest.MANIFEST).read_bytes()))
            attested = attestation.envelope(attestation.statement(run, folder, inputs["sha256"]), self.key)
            (folder / manifest.ATTESTATION).write_text(json.dumps(attested), encoding="utf-8")
        stamped = self._stamp(folder, sealed)
        manifest.seal(folder)
        ledger.judged(evidence, run.id, sealed, run.exit_code, manifest.digest(folder / manifest.SEAL), len(run.deselected))
        state = "".join(f"{word}, " for word, is_so in (("signed", self.key), ("time stamped", stamped)) if is_so)
        click.echo(f"Evidence: {folder} ({state}SHA-256 of its manifest {sealed})")
        return []  # nothing may change any more

    def _stamp(self, folder: Path, sealed: str) -> bool:
        """Have the time stamped, where an authority is named; without a stamp the time is unproven, and no verdict changes."""
        if not self.authority:
            return False
        try:
            stamp = timestamps.obtained(bytes.fromhex(sealed), self.authority)
        except timestamps.TimestampError as error:
            click.echo(redact(f"TIME: {error}"))
            return False
        (folder / manifest.TIMESTAMP).write_bytes(stamp)
        return True


def _write(path: Path, data: dict[str, Any]) -> Path:
    path.write_text(redact(json.dumps(data, indent=1, ensure_ascii=False)) + "\n", encoding="utf-8")
    return path


def _previous_inputs(evidence: Path, link: dict[str, Any]) -> dict[str, str] | None:
    previous = link["previous"]
    if not previous:
        return None
    try:
        found = json.loads((evidence / previous["run"] / INPUTS).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError):
        return None
    return {str(name): str(digest) for name, digest in found.items()}


def _say_changes(changes: dict[str, list[str]] | None, link: dict[str, Any]) -> None:
    for name in (changes or {}).get("changed", ()):
        if not name.startswith("suites/"):
            click.echo(f"CHANGED: {name} is another than in the run before, {link['previous']['run']}.")
    for run in link["not_judged_since"]:
        click.echo(redact(f"NOT JUDGED: the run {run['run']} before this one: {run['reason'].rstrip('.')}."))
