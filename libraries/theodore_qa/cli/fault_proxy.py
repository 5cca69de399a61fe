"""``theodore chaos proxy``: the product's own fault proxy for a system of one's own, until it is stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import click

from theodore_qa.errors import QaError, UsageError

PORT = 8474


@click.command("proxy")
@click.option(
    "--proxy", "links", nargs=3, multiple=True, metavar="NAME LISTEN UPSTREAM", help="Put a proxy on a link; repeatable."
)
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A Toxiproxy server's file of proxies."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the HTTP API listens.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="Its port; 0 for a free one.")
def proxy(links: tuple[tuple[str, str, str], ...], config: Path | None, host: str, port: int) -> None:
    """Start the fault proxy and keep it until Ctrl-C or SIGTERM.

    It speaks Toxiproxy's HTTP API, and has HTTP faults and corrupted data beside. Clients of a link connect to LISTEN; the proxy
    passes on to UPSTREAM.
    """
    requested = _listed(config) if config else []
    requested += [{"name": name, "listen": listen, "upstream": upstream} for name, listen, upstream in links]
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    running = subprocess.Popen(
        [sys.executable, "-m", "theodore_chaos.proxy"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if not (running.stdin and running.stdout and running.stderr):
        raise QaError("The fault proxy did not start.")
    running.stdin.write(json.dumps({"host": host, "port": port, "proxies": requested}) + "\n")
    running.stdin.flush()
    line = running.stdout.readline()
    if not line:
        raise QaError(f"{running.stderr.read().strip() or 'The fault proxy did not start'}.")
    _show(json.loads(line), requested)
    threading.Thread(target=_await, args=(running, stopped), daemon=True).start()
    stopped.wait()
    if running.poll() is not None:
        raise QaError(f"The fault proxy ended by itself, with exit code {running.returncode}.")
    running.stdin.close()
    running.wait()


def _await(running: subprocess.Popen[str], ended: threading.Event) -> None:
    running.wait()
    ended.set()


def _listed(config: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads(config.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{config} is no JSON ({error}): expected a list of proxies with name, listen and upstream.") from None
    if not isinstance(found, list):
        raise UsageError(f"{config} holds no list: expected a list of proxies with name, listen and upstream.")
    return found


def _show(ready: dict[str, Any], requested: list[dict[str, Any]]) -> None:
    upstreams = {str(entry.get("name")): entry.get("upstream") for entry in requested}
    click.echo(f"The fault proxy's API: {ready['url']} (Ctrl-C ends it).")
    for name, listen in ready["proxies"].items():
        click.echo(f"{name}: {listen} -> {upstreams.get(name)}")
    links = ", ".join(f"{name}: {name}" for name in ready["proxies"])
    click.echo(f'In the environment file: proxies: {{url: "{ready["url"]}", links: {{{links}}}}}')
