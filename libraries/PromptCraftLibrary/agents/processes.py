"""A generated agent as a process of this machine: started from a clone, asked by HTTP, and stopped."""

from __future__ import annotations

import json
import os
import re
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import QaError
from theodore_qa.systems.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.systems.exchange import Exchange

LOOPBACK = "127.0.0.1"
WITHIN = 15.0  # seconds
PROTOCOL = "2025-06-18"
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


@dataclass(eq=False)
class Agent:
    """A running agent."""

    process: subprocess.Popen[str]
    client: Client

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of a GET."""
        return self._came(self.client.send("GET", path))

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and JSON of a POST."""
        return self._came(self.client.send("POST", path, HEADERS | (headers or {}), json.dumps(body).encode()))

    @staticmethod
    def _came(answer: Exchange) -> tuple[int, Any]:
        if answer.problem:
            raise QaError(f"The agent did not answer {answer.method} {answer.path}: {answer.problem}.")
        return answer.status, answer.body

    def rpc(self, number: int, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of an MCP request; an error of the protocol is an empty result with ``error``."""
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters or {}}
        status, body = self.post("/mcp", message, {"MCP-Protocol-Version": PROTOCOL} if method != "initialize" else None)
        if not isinstance(body, dict) or body.get("id") != number:
            return {"error": f"status {status} and no JSON-RPC answer to {method}"}
        result = body.get("result")
        return result if isinstance(result, dict) else {"error": body.get("error")}

    def stop(self) -> None:
        """Stop it."""
        self.client.close()
        self.process.terminate()
        try:
            self.process.wait(timeout=WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


def start(folder: Path) -> Agent:
    """Start an agent from its repository with this Python alone, on a port that the kernel gives.

    Raises:
        QaError: It ends at once, or does not say at which port it listens.
    """
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")}
    process = subprocess.Popen(
        [sys.executable, "-I", "-u", "src/agent.py"],
        cwd=folder,
        env=kept | {"HOST": LOOPBACK, "PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    line = _first_line(process)
    port = re.search(r"port (\d+)", line)
    agent = Agent(process, Client(f"http://{LOOPBACK}:{port[1] if port else 0}", (LOOPBACK,), timeout=WITHIN))
    if not port:
        agent.stop()
        raise QaError(f"The agent did not start: expected a line with its port, observed '{line.strip() or 'nothing'}'.")
    return agent


def _first_line(process: subprocess.Popen[str]) -> str:
    """The first line that it writes; empty if none comes in time."""
    if process.stdout is None:
        return ""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            if selector.select(0.1):
                return process.stdout.readline()
            if process.poll() is not None:
                break
    return ""
