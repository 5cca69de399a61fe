"""Whether a command line is seen to talk to the system that is meant: by what it makes there under a name that is new."""

from __future__ import annotations

import json
import re
import secrets
import weakref
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import shortened
from theodore_qa.systems import links, pointers
from TheodoreLibrary import command_line

if TYPE_CHECKING:
    from theodore_qa.systems.system import System
    from TheodoreLibrary.command_line import CommandResult

UNIQUE = "{unique}"
LONGEST = 160


class Proofs:
    """What is known of each system's command line in the suite that runs; each suite asks anew."""

    def __init__(self) -> None:
        self._known: weakref.WeakKeyDictionary[System, Proof] = weakref.WeakKeyDictionary()

    def of(self, system: System) -> Proof:
        """The proof of a system's command line."""
        if system not in self._known:
            context.at_suite_end("the proof of the command line was kept", lambda: self._forget(system))
            self._known[system] = Proof(system)
        return self._known[system]

    def _forget(self, system: System) -> None:
        self._known.pop(system, None)


class Proof:
    """What a call made in the system, read over the API."""

    def __init__(self, system: System) -> None:
        self.calls = 0  # over the system's links, by the work that the call started
        self.problem = self._problem(system)

    def _problem(self, system: System) -> str:
        """Why the command is not seen to talk to the system; nothing where it is."""
        entry = command_line.declared(system)
        if entry.proof is None:
            place = f"systems.{system.name}.cli.proof in {system.environment.path.name}"
            return f"nothing shows that `{entry.command[0]}` talks to {system.name}: add {place}"
        name = f"Qa Proof {secrets.token_hex(6)}"
        before = mark(system)
        arguments = tuple(word.replace(UNIQUE, name) for word in entry.proof.arguments)
        result = command_line.call(system, arguments, command_line.CallOptions())
        if before is not None:
            self.calls = (mark(system) or 0) - before
        number = identifier(result, entry.proof.id)
        unseen = f"`{entry.command[0]}` is not seen to talk to {system.name}: "
        if result.code is None:
            return f"{unseen}its call {result} did not end within {entry.timeout:g} s"
        if number is None:
            return f"{unseen}its call {result} wrote no '{entry.proof.id}' (exit code {result.code}, {excerpt(result)})"
        path = re.sub(r"\{[^}]*\}", quote(number, safe=""), entry.proof.read.partition(" ")[2])
        answer = system.request("GET", path, identity=system.sender(None))
        if not answer.ok or name not in answer.text:
            return f"{unseen}expected '{name}' from GET {path}, which its call {result} named, observed {answer.status}"
        return ""


def mark(system: System) -> int | None:
    """A mark in the links' records; None where they cannot be read."""
    if not system.entry.links:
        return None
    try:
        return links.mark(system)
    except NotEvaluatedError:
        return None


def identifier(result: CommandResult, place: str) -> str | None:
    """The identifier that a call wrote: in its JSON, or in JSON among other lines."""
    body = result.data if result.data is not None else _among(result.stdout)
    found = pointers.found(body, place)
    return None if found is None or isinstance(found, dict | list) else str(found)


def _among(text: str) -> Any:
    """The first JSON object in a text."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        return json.JSONDecoder().raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return None


def excerpt(result: CommandResult) -> str:
    """The first line that a call wrote, on standard error rather than on standard output."""
    lines = [line for line in (*result.stderr.splitlines()[-1:], *result.stdout.splitlines()[:1]) if line.strip()]
    return f"'{shortened(lines[0].strip(), LONGEST)}'" if lines else "no output"


proofs = Proofs()
