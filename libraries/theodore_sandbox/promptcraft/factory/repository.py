"""Repositories of agents: real ones of git, in the sandbox's own folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BRANCH = "main"
AUTHOR = {
    "GIT_AUTHOR_NAME": "PromptCraft Agent Factory",
    "GIT_AUTHOR_EMAIL": "agent-factory@promptcraft.test",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def create(folder: Path, files: dict[str, str], message: str) -> None:
    """A repository with all files in one commit."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _git(folder, "init", "--quiet", f"--initial-branch={BRANCH}")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", f"--message={message}")


def remove(folder: Path) -> None:
    """Remove a repository."""
    shutil.rmtree(folder, ignore_errors=True)


def _git(folder: Path, *arguments: str) -> None:
    committer = {name.replace("AUTHOR", "COMMITTER"): value for name, value in AUTHOR.items()}
    subprocess.run(["git", *arguments], cwd=folder, env=os.environ | AUTHOR | committer, check=True, capture_output=True)
