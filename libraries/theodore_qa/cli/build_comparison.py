"""The half of ``theodore test regression`` that loads two builds side by side."""

from __future__ import annotations

import random
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

import click

from theodore_qa.errors import NotEvaluatedError, NotGrantedError, UsageError
from theodore_qa.observing import evidence
from theodore_qa.report import builds
from theodore_qa.report.builds import Comparison
from theodore_qa.run import side_by_side as rounds
from theodore_qa.run.judge import FAILED, INCOMPLETE
from theodore_qa.systems.files import read_yaml, writable_folder

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.systems.environment import Environment
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.system import System

ROUNDS = {"quick": 11, "full": 41}
STAGES = {"quick": "4 users x 25", "full": "8 users x 100"}
MOST_STEPS = 5


def compared(environment: Environment, options: dict[str, Any], given: dict[str, Any]) -> Comparison:
    """Load the system under test and the reference in turn.

    Raises:
        UsageError: the reference, or the load, is none.
        NotGrantedError: the environment allows no load.
    """
    if not environment.allow.load_max_rps or environment.kind == "production":
        raise NotGrantedError(
            f"The environment {environment.name} allows no load: grant it by 'allow: {{load_max_rps: 100}}', the most requests a "
            f"second, in {environment.path.name}."
        )
    names = list(environment.systems)
    tested = environment.system(options["system"] or environment.default or names[0])
    systems = [tested]
    urls = {}
    try:
        if "://" in given["reference"]:
            urls[rounds.REFERENCE] = _listed(given["reference"], environment)
        else:
            systems.append(environment.system(given["reference"]))
        for system in systems:
            system.start()
            if problem := system.prove():
                raise NotEvaluatedError(problem)
        urls[rounds.TESTED] = _address(tested)
        urls.setdefault(rounds.REFERENCE, _address(systems[-1]))
        if urls[rounds.TESTED] == urls[rounds.REFERENCE]:
            raise UsageError("The reference is the system under test itself: name another build by --reference.")
        load = _scenario(tested, urls[rounds.REFERENCE], given["load"], options["profile"])
        seed = random.SystemRandom().randrange(10**6) if given["seed"] is None else given["seed"]
        count = given["rounds"] or ROUNDS[options["profile"]]
        click.echo(f"Performance: {count} pairs of rounds, SEED={seed}")
        try:
            done = rounds.run(load, urls, count, seed, click.echo)
        except NotEvaluatedError as error:
            return Comparison(seed=seed, problem=str(error))
        return Comparison.of(done, given["tolerance"])
    finally:
        for system in systems:
            system.close()


def _address(system: System) -> str:
    return system.url.rstrip("/")


def _listed(url: str, environment: Environment) -> str:
    """The address of a reference, if the environment lists its host."""
    host = urlsplit(url).hostname or ""
    if not url.startswith(("http://", "https://")) or host not in environment.hosts:
        raise UsageError(
            f"The reference {url} is no address on a host that {environment.path.name} lists ({', '.join(environment.hosts)})."
        )
    return url.rstrip("/")


def _scenario(system: System, reference: str, file: Path | None, profile: str) -> dict[str, Any]:
    """The load in a file, or one of public operations whose answers have to have the fields that the reference's have."""
    most = system.environment.allow.load_max_rps
    if file:
        declared = dict(read_yaml(file))
        if "url" in declared:
            raise UsageError(f"The load {file} names a url: take it out, since it goes to two builds.")
    else:
        steps = _steps(system, reference)
        if not steps:
            raise UsageError(f"No public GET operation of {system.name} answers with fields: name a load by --load FILE.")
        declared = {"stages": [STAGES[profile]], "journeys": [{"name": "read", "steps": steps}]}
    limits = {"max_rps": most} | dict(declared.get("limits") or {})
    return declared | {"limits": limits | {"max_rps": min(most, limits["max_rps"] or most)}}


def _steps(system: System, reference: str) -> list[dict[str, Any]]:
    """Reading steps: an answer that lacks a field that the reference's has is an error, so that no empty one is fast."""
    operations = [operation for operation in system.entry.public or () if operation.startswith("GET ") and "{" not in operation]
    steps = []
    client = system.new_client(reference)
    try:
        for _, path in map(system.located, operations):
            answer = client.send("GET", path)
            fields = (
                [name for name, value in answer.body.items() if value not in (None, "", [], {})] if _is_object(answer) else []
            )
            if fields:
                expected = {"status": answer.status, "fields": dict.fromkeys(fields, "*")}
                steps.append({"name": f"GET {path}", "request": f"GET {path}", "expect": expected})
    finally:
        client.close()
    return steps[:MOST_STEPS]


def _is_object(answer: Exchange) -> bool:
    return answer.ok and isinstance(answer.body, dict)


def conclude_alone(comparison: Comparison, environment: Environment, results: Path, profile: str) -> None:
    """Write and print a comparison without tests beside it, and end with its exit code."""
    writable_folder(results, "Name a folder that you may write to by --results")
    path = results / builds.FILE
    notice = "SANDBOX: no evidence about any production system" if environment.is_sandbox else None
    builds.write(comparison, path, {"notice": notice, "run": evidence.new_run_id(), "environment": environment.name})
    for mark, sentences in (("FAIL", comparison.failures), ("INCOMPLETE", comparison.problems)):
        for sentence in sentences:
            click.echo(f"{mark}: {sentence}")
    click.echo(f"Performance: {len(comparison.verdicts)} steps, profile {profile}; {path}{f' ({notice})' if notice else ''}")
    code = INCOMPLETE if comparison.problems or not comparison.verdicts else FAILED if comparison.failures else 0
    click.get_current_context().exit(code)
