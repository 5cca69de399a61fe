"""Processes that we start beside a system: a line instructs them, a line says they are ready, a closed input ends them."""

from __future__ import annotations

import json
import subprocess
from typing import Any

PATIENCE = 10.0  # seconds that a process has to end by itself


def instruct(process: subprocess.Popen[str], instructions: dict[str, Any]) -> str:
    """Send instructions as one line of JSON and return the line that is answered; empty if the process ended instead."""
    if not process.stdin or not process.stdout:
        return ""
    process.stdin.write(json.dumps(instructions) + "\n")
    process.stdin.flush()
    return process.stdout.readline()


def end(process: subprocess.Popen[str]) -> None:
    """End a process by closing its input, kill it if that is not enough, and wait until it is gone."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
