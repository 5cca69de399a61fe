"""Repositories cloned by git: files, directories and history."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa import extras
from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from theodore_qa.systems.system import System

PATIENCE = 60
SANDBOX = "sandbox"
QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


@dataclass(frozen=True, eq=False)
class Repository:
    """A clone in a folder of its own."""

    url: str
    folder: Path

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The files of the last commit by their paths."""
        return tuple(_git("ls-tree", "-r", "--name-only", "HEAD", folder=self.folder).splitlines())

    @property
    def directories(self) -> tuple[str, ...]:
        """The directories that have files, at the top."""
        return tuple(sorted({path.split("/")[0] for path in self.files if "/" in path}))

    @property
    def commits(self) -> list[str]:
        """The subjects of all commits, the last first."""
        return _git("log", "--format=%s", folder=self.folder).splitlines()

    def text(self, path: str) -> str:
        """The text of a file; empty if there is none."""
        file = self.folder / path
        return file.read_text(encoding="utf-8", errors="replace") if path in self.files and not file.is_symlink() else ""

    def remove(self) -> None:
        """Remove the clone."""
        shutil.rmtree(self.folder.parent)


def clone(system: System, url: str) -> Repository:
    """Clone a repository; a file of this machine only in an environment of the kind sandbox.

    Raises:
        QaError: It cannot be cloned.
        UsageError: Its host is not among the environment's hosts.
    """
    program = extras.program("git", "the repositories of agents")
    if not (system.environment.kind == SANDBOX and urlsplit(url).scheme == "file"):
        system.client.refuse_foreign(url)
    folder = Path(tempfile.mkdtemp(prefix="qa-agent-")) / "clone"
    try:
        _git("clone", "--quiet", "--no-hardlinks", "--", url, str(folder), program=program)
    except QaError:
        shutil.rmtree(folder.parent)
        raise
    return Repository(url, folder)


def exists(system: System, url: str) -> bool:
    """Whether there is a repository."""
    try:
        clone(system, url).remove()
    except QaError:
        return False
    return True


def _git(*arguments: str, folder: Path | None = None, program: str = "git") -> str:
    try:
        done = subprocess.run(
            [program, *arguments],
            cwd=folder,
            env=os.environ | QUIET,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise QaError(f"git {arguments[0]} did not end within {PATIENCE} s: check that the repository is reached.") from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise QaError(f"git {arguments[0]} failed: {reason}.")
    return done.stdout
