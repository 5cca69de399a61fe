"""The options that say what a run is held to: gates, weights, and reports of other tools that feed gates."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TYPE_CHECKING

import click

from theodore_qa.errors import UsageError
from theodore_qa.readiness.located import SUITES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from theodore_qa.alerts.receivers import Receiver
    from theodore_qa.readiness.assessing import Demands
    from theodore_qa.readiness.quarantine import Quarantined

FILE = click.Path(path_type=Path)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of all commands that judge a run."""
    for option in (
        click.option("--gate", multiple=True, metavar="ID", help="Demand a verdict on this gate, or on all; repeatable."),
        click.option("--gates", type=FILE, metavar="FILE", help="Gates; default: gates.yaml."),
        click.option(
            "--gate-input", multiple=True, metavar="KIND=FILE", help="A coverage, junit, sarif or zap report; repeatable."
        ),
        click.option(
            "--attestations", type=FILE, metavar="FILE", help="Signed attestations; default: attestations.yaml, if there."
        ),
        click.option("--attestation-key", type=FILE, metavar="PUBLIC.PEM", help="Ed25519 key of those who attest."),
        click.option("--weights", type=FILE, metavar="FILE", help="Weights of the readiness score; default: weights.yaml."),
    ):
        command = option(command)
    return command


def signing_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of the key that signs the evidence, and of who stamps its time."""
    key, stamp = "Ed25519 key that signs the evidence.", "RFC 3161 time stamps for the evidence."
    for option in (
        click.option("--evidence-key", type=FILE, metavar="KEY.PEM", envvar="THEODORE_EVIDENCE_KEY", help=key),
        click.option("--timestamp-url", metavar="URL", envvar="THEODORE_TIMESTAMP_URL", help=stamp),
    ):
        command = option(command)
    return command


def signing_key(given: dict[str, Any]) -> Any:
    """The key that the options name, read before anything is run; None without it."""
    from theodore_qa import signing

    return signing.private_key(given["evidence_key"]) if given.get("evidence_key") else None


def in_quarantine(given: dict[str, Any], suites: Path) -> dict[tuple[str, str], Quarantined]:
    """The tests in quarantine, read and checked before anything is run.

    Raises:
        UsageError: an entry has ended, is misspelt, or the requested file is not there.
    """
    from theodore_qa.readiness import quarantine

    path = _optional(given["quarantine"], quarantine.FILE)
    return quarantine.read(path, suites if suites.name == SUITES else suites.parent)


def receivers(given: dict[str, Any]) -> tuple[Receiver, ...]:
    """Who gets alerts, read and checked before anything is run.

    Raises:
        UsageError: the file is not valid, or the requested one is not there.
    """
    from theodore_qa.alerts import receivers as alerts

    return alerts.read(_optional(given["alerts"], alerts.FILE))


def _optional(requested: Path | None, name: str) -> Path | None:
    """The requested file, or else that of this name in ``variables/``, if there is one."""
    from theodore_qa import paths

    if requested and not requested.is_file():
        raise UsageError(f"There is no file {requested}: name one that is there.")
    return requested or paths.find("variables", name)


def read(
    given: dict[str, Any],
    waivers: Path | None,
    hosts: Collection[str] = (),
    *,
    requested: Sequence[str] = (),
    also: Sequence[Path] = (),
) -> Demands:
    """What the options name, read and checked before anything is run; ``also`` are other files that a run is held to."""
    from theodore_qa import paths
    from theodore_qa.readiness import attestations, inputs
    from theodore_qa.readiness.assessing import demands

    reports, read_from = inputs.read(given["gate_input"], hosts)
    attested = given["attestations"] or paths.find("variables", attestations.FILE)
    names, files = (*requested, *given["gate"]), (*read_from, *also)
    return demands(given["gates"], given["weights"], waivers, names, reports, files, attested, given["attestation_key"])


def beside(given: dict[str, Any], *named: Path | None) -> list[Path]:
    """Files that a run is held to beside its gates: those that are named, controls, and the tests in quarantine."""
    from theodore_qa import paths
    from theodore_qa.readiness import quarantine

    found = (*named, paths.find("variables", "controls.yaml"), given["quarantine"] or paths.find("variables", quarantine.FILE))
    return [path for path in found if path]
