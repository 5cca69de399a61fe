"""Runs that broke off before they were judged: each stands in the history, and whoever asks for it gets an alert, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from theodore_qa.alerts import occasion, sending
from theodore_qa.history import entry, store
from theodore_qa.pack import chain
from theodore_qa.redaction.secrets import redact
from theodore_qa.run import ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from theodore_qa.alerts.receivers import Receiver
    from theodore_qa.run.finished import FinishedRun


class AbortedRuns:
    """Notes the runs in this folder that were killed since the last one was judged: they could not do it themselves.

    Attributes:
        files: none.
    """

    files = ()

    def __init__(self, receivers: Sequence[Receiver]) -> None:
        self.receivers = receivers

    def write(self, run: FinishedRun) -> list[Path]:
        """Note them, while no other run uses the folder."""
        if run.history is not None:
            killed = [found for found in _broken_off(run.folder / "evidence") if not found[2] and found[0].run != run.id]
            note(killed, run.history, run.environment.name, run.notice, self.receivers)
        return []


def note_own(results: Path, history: Path, environment: str, notice: str, receivers: Sequence[Receiver]) -> None:
    """Note the runs of a results folder that said themselves why they broke off."""
    for evidence in (results / "evidence", *sorted(results.glob("run-*/evidence"))):
        note([found for found in _broken_off(evidence) if found[2]], history, environment, notice, receivers)


Found = tuple[ledger.Entry, str, bool]


def _broken_off(evidence: Path) -> list[Found]:
    """The runs that began since the last one was judged, with the reason, and whether they said it themselves."""
    entries, _ = ledger.read(evidence)
    judged = [number for number, found in enumerate(entries) if found.event == ledger.JUDGED]
    since = entries[judged[-1] + 1 :] if judged else entries
    own = {found.run for found in since if found.event == ledger.ABORTED}
    begun = {found.run: found for found in since if found.event == ledger.STARTED}
    return [
        (begun[found["run"]], found["reason"], found["run"] in own) for found in chain.unjudged(since) if found["run"] in begun
    ]


def note(broken_off: Iterable[Found], history: Path, environment: str, notice: str, receivers: Sequence[Receiver]) -> None:
    """Keep runs that broke off in the history, and send their alerts; what was kept or sent before is not again."""
    for begun, reason, _ in broken_off:
        where = str(begun.details.get("environment") or environment)
        kept = entry.aborted(begun.run, environment=where, root=str(begun.details.get("suites", "")), reason=reason)
        try:
            problems = store.record(history, kept)
        except OSError as error:
            problems = [f"The run could not be kept in {history}: {error.strerror}."]
        sentences = [f"HISTORY: {problem}" for problem in problems]
        if receivers:
            about = occasion.of_aborted(begun.run, where, notice, reason)
            sentences += [f"ALERT: {sentence}" for sentence in sending.send(receivers, about, history / sending.FOLDER)]
        for sentence in sentences:
            click.echo(redact(sentence))
