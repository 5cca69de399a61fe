"""The manifest of a pack: the SHA-256 of each file in the form that ``sha256sum --check`` reads, and the seal of the manifest."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST, SIGNATURE, SEAL = "manifest.sha256", "manifest.sha256.sig", "manifest.seal"
ATTESTATION, TIMESTAMP = "manifest.intoto.json", "manifest.sha256.tsr"
SEALED = (MANIFEST, SIGNATURE, ATTESTATION, TIMESTAMP)
OWN = (*SEALED, SEAL)
_LINE = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<name>[^\r\n]+)")


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files(folder: Path) -> list[str]:
    """Everything in a pack but the manifest, what stands on it: files, links, and folders with nothing in them."""
    found = [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir() or not any(path.iterdir())]
    return sorted(name for path in found if (name := path.relative_to(folder).as_posix()) not in OWN)


def write(folder: Path) -> str:
    """Write the manifest of all files in a folder; returns its SHA-256. A manifest that is there is replaced."""
    for name in OWN:
        (folder / name).unlink(missing_ok=True)
    for name in files(folder):
        if (folder / name).is_dir():  # an empty one, which a ZIP would lose
            (folder / name).rmdir()
    text = "".join(f"{digest(folder / name)}  {name}\n" for name in files(folder))
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return digest(folder / MANIFEST)


def seal(folder: Path) -> None:
    """Write the digests of the manifest and of what stands on it: they tell which of them changed, or a file that it names."""
    (folder / SEAL).write_text(seal_text(folder), encoding="utf-8")


def seal_text(folder: Path) -> str:
    """What the seal of a folder has to say."""
    return "".join(f"{digest(folder / name)}  {name}\n" for name in SEALED if (folder / name).is_file())


def entries(text: str) -> tuple[list[tuple[str, str]], bool]:
    """Names and digests of a manifest or a seal, and whether every line of it is one."""
    lines = text.split("\n")
    found = [match for line in lines[:-1] if (match := _LINE.fullmatch(line))]
    return [(match["name"], match["digest"]) for match in found], lines[-1] == "" and len(found) == len(lines) - 1
