"""Folders whose files a system serves to anybody, and what is put there by a name that leads up to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.discovery.named_paths import Discovery, file_routes
from SecurityLibrary.proof.effects import done

if TYPE_CHECKING:
    from collections.abc import Callable

    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

DEEPEST, MOST = 3, 3


def folders(scan: Scan) -> list[str]:
    """The folders of files that are served, as the description and answers name them."""
    discovery = Discovery(scan)
    discovery.all()
    routes = [operation.route for operation in scan.target.operations if operation.method == "GET"]
    files = [path for path in (*routes, *discovery.found) if "." in path.rpartition("/")[2] and "{" not in path]
    named = dict.fromkeys(path.rpartition("/")[0].strip("/") for path in (*files, *file_routes(scan.target)))
    return [folder for folder in named if folder][:MOST]


def reached(scan: Scan, served: list[str], send: Callable[[str], Exchange]) -> list[Exchange]:
    """The answers that serve two files which were sent under names that lead up to a folder of others; empty if none does.

    A file of a plain name is not served there. What is left behind is named at the end of the scan.
    """
    for folder in served:
        plain = _name(scan)
        if not done(send(plain)) or scan.sender.request("GET", f"/{folder}/{plain}", scan.plan.identity_for()).ok:
            continue
        for depth in range(1, DEEPEST + 1):
            answers: list[Exchange] = []
            for _ in range(2):
                name = _name(scan)
                sent = send(f"{'../' * depth}{folder}/{name}")
                answer = scan.sender.request("GET", f"/{folder}/{name}", scan.plan.identity_for())
                if not done(sent) or not answer.ok:
                    break
                scan.sender.traces.not_removed.append(f"/{folder}/{name}: nothing is known that removes it")
                answers.append(answer)
            if len(answers) == 2:  # noqa: PLR2004  # twice
                return answers
    return []


def _name(scan: Scan) -> str:
    """A new name of letters alone, which most folders serve."""
    return f"qa{''.join(scan.random.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(14))}.txt"
