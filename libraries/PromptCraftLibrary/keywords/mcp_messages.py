"""Keywords about messages of MCP that the platform passes on: each value arrives, and comes back, as it was sent."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary.agents import mcp_servers
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.systems import conformance, exchange

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

ACCEPTED, OK, MISSING, INVALID = 202, 200, 404, 422
UNKNOWN_METHOD = -32601
GREATEST = 2**53
MOST_SHOWN = 5
IDS: tuple[Any, ...] = (0, 7, GREATEST, "7", "0", "a", "Zoë 東京 👩‍🔬", "x" * 100)
WRONG_IDS: tuple[Any, ...] = (-1, GREATEST + 1, "", "x" * 101, 1.5, True, False, None, [7], {"id": 7})
# One of each kind that JSON has, and those that are taken for one another.
ARGUMENTS: dict[str, Any] = {
    "word": "qa",
    "number": 7,
    "digits": "7",
    "zero": 0,
    "negative": -1,
    "fraction": 0.1,
    "great": GREATEST,
    "yes": True,
    "no": False,
    "word_yes": "true",
    "nothing": None,
    "word_nothing": "null",
    "empty": "",
    "blanks": "  a  ",
    "lines": "one\n\ttwo",
    "quotes": "\"'`\\",
    "markup": "<b>&amp;</b>",
    "scripts": "Zoë 東京 مرحبا 👩‍🔬",
    "list": [1, "1", True, None, [], {}],
    "nobody": {},
    "nested": {"a": {"b": [{"c": None, "d": 0, "e": False}]}},
    "": "a name without letters",
    "Zoë": 1,
}


class McpMessageKeywords:
    """Messages of MCP."""

    @keyword("MCP Messages Should Be Passed On Unchanged", tags=("agent", "mcp"))
    def mcp_messages_should_be_passed_on_unchanged(self, *, identity: str | None = None) -> None:
        """Deploys an MCP server, sends it messages through the platform, and compares what arrives and comes back, by kind too.

        The id of an answer is that of its message, a number as a number and a text as a text, of an error too (JSON-RPC 2.0, 5).
        Arguments of a tool keep their values of every kind, in objects and lists. What is no message is refused with 422. A
        server that was registered and not deployed is not there to be called, and one that was removed cannot be removed again.
        The environment must allow ``destructive``.

        Args:
            identity: The identity that registers and calls; by default the first one of the environment.

        Raises:
            CheckFailedError: A value comes back as another, or a message is taken that is none; each is named.
            NotEvaluatedError: The server's tool does not answer with what it was called with.

        Example:

        ```robotframework
        MCP Messages Should Be Passed On Unchanged    identity=admin
        ```
        """
        context.system.permit("destructive")
        spec, idle = mcp_servers.server(), mcp_servers.server()
        name, tool = spec["name"], spec["tools"][0]["name"]
        for each in (name, idle["name"]):
            context.at_test_end(f"the MCP server {each} could not be removed", partial(mcp_servers.remove, each, identity))
        checks = Checks("MCP messages", name)
        for server, deployed in ((spec, True), (idle, False)):
            registered = mcp_servers.register(server, identity, auto_deploy=deployed)
            conformance.answered(checks, "mcp.registration", ACCEPTED, registered)
        call = {"jsonrpc": "2.0", "method": "tools/list"}
        _ids(checks, name, identity, call)
        _arguments(checks, name, identity, tool)
        wrong = {
            "without an id": call,
            "without a version": {"id": 1, "method": "tools/list"},
            "of version 1.0": call | {"id": 1, "jsonrpc": "1.0"},
            "of version 2.0 as a number": call | {"id": 1, "jsonrpc": 2.0},
            "without a method": {"jsonrpc": "2.0", "id": 1},
            "of an empty method": call | {"id": 1, "method": ""},
            "of a method of 101 characters": call | {"id": 1, "method": "x" * 101},
            "of a method that is a number": call | {"id": 1, "method": 7},
            "with a list of parameters": call | {"id": 1, "params": [1]},
            "with a text of parameters": call | {"id": 1, "params": "{}"},
            "with an unknown entry": call | {"id": 1, "result": {}},
            "in a list": [call | {"id": 1}],
        }
        _refused(checks, "mcp.messages_refused", name, identity, wrong)
        conformance.answered(checks, "mcp.not_deployed", MISSING, _sent(idle["name"], identity, call | {"id": 1}))
        removed, again = mcp_servers.remove(name, identity), mcp_servers.remove(name, identity)
        data = removed.object().get("data") if removed.ok else None
        checks.equal("mcp.removed_name", name, data.get("server_name") if isinstance(data, dict) else None)
        conformance.answered(checks, "mcp.removed_once", MISSING, again)
        conformance.conform(checks, "mcp.contract", removed, again)
        checks.conclude()


def _sent(name: str, identity: str | None, message: Any) -> Exchange:
    system = context.system
    return system.request("POST", f"{mcp_servers.CALLED}/{name}", json_body=message, token=system.token(identity))


def _ids(checks: Checks, name: str, identity: str | None, call: dict[str, Any]) -> None:
    """Record whether each id comes back as it is, of a success and of an error, and what is no id is refused."""
    for check, method in (("mcp.id_kept", call["method"]), ("mcp.id_kept_by_error", "qa/no_such_method")):
        answers = [_sent(name, identity, call | {"id": number, "method": method}) for number in IDS]
        found = [answer.body.get("id") if isinstance(answer.body, dict) else None for answer in answers]
        pairs = zip(found, IDS, strict=True)
        off = [f"{json.dumps(own)} for {json.dumps(number)}" for own, number in pairs if not _same(own, number)]
        expected = f"each of {plural(len(IDS), 'id')} as it was sent"
        checks.that(check, not off, expected, "; ".join(off[:MOST_SHOWN]) or expected, n=len(IDS))
        conformance.conform(checks, "mcp.contract", *answers)
    error = answers[-1].body.get("error") if isinstance(answers[-1].body, dict) else None
    checks.equal("mcp.unknown_method", UNKNOWN_METHOD, error.get("code") if isinstance(error, dict) else None)
    wrong = {f"of the id {json.dumps(number)[:20]}": call | {"id": number} for number in WRONG_IDS}
    _refused(checks, "mcp.ids_refused", name, identity, wrong)


def _arguments(checks: Checks, name: str, identity: str | None, tool: str) -> None:
    """Record whether a tool is called with each argument as it was sent."""
    answer = mcp_servers.call(name, identity, 1, "tools/call", {"name": tool, "arguments": ARGUMENTS})
    content = mcp_servers.result(answer).get("content")
    texts = [str(part.get("text")) for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    calls = [call for text in texts if isinstance(call := exchange.parsed(text), dict)]
    found = calls[0].get("arguments") if calls else None
    if not isinstance(found, dict):
        observed = f"{answer.status} with {answer.excerpt()}"
        raise NotEvaluatedError(f"The tool {tool} does not answer with the arguments of its call: observed {observed}.")
    off = [key for key in ARGUMENTS.keys() | found.keys() if key not in found or not _same(found[key], ARGUMENTS.get(key, ...))]
    expected = f"each of {plural(len(ARGUMENTS), 'argument')} as it was sent"
    listed = "; ".join(f"{key or 'the empty name'}: {json.dumps(found.get(key))}" for key in sorted(off)[:MOST_SHOWN])
    checks.that("mcp.arguments_kept", not off, expected, listed or expected, n=len(ARGUMENTS))


def _refused(checks: Checks, check: str, name: str, identity: str | None, messages: dict[str, Any]) -> None:
    """Record whether each of several messages is refused, by what is wrong with it."""
    answers = {wrong: _sent(name, identity, message) for wrong, message in messages.items()}
    off = [f"{answer.status} for a message {wrong}" for wrong, answer in answers.items() if answer.status != INVALID]
    expected = f"status {INVALID} for each of {plural(len(messages), 'message')}"
    checks.that(check, not off, expected, "; ".join(off[:MOST_SHOWN]) or expected, n=len(messages))
    conformance.conform(checks, "mcp.contract", *answers.values())


def _same(found: Any, sent: Any) -> bool:
    """Whether a value is the one that was sent, of the same kind, at every depth: 1 is neither true nor 1.0 nor a text."""
    if type(found) is not type(sent):
        return False
    if isinstance(sent, dict):
        return found.keys() == sent.keys() and all(_same(found[key], sent[key]) for key in sent)
    if isinstance(sent, list):
        return len(found) == len(sent) and all(map(_same, found, sent))
    return bool(found == sent)
