"""The final look for secrets: in every file of a run, inside of log.html, its packed strings, and archives."""

from __future__ import annotations

import base64
import functools
import gzip
import html
import io
import re
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from theodore_qa.redaction.secrets import SecretRegistry

# Robot packs a string of log.html as base64 of zlib's output, which begins with two known letters.
PACKED = re.compile(r'"(e[AFJN][A-Za-z0-9+/=]{20,})"')
_ROBOTS_OWN = '<meta content="Robot Framework'
LARGEST = 512 * 1024 * 1024
DEEPEST = 4


@dataclass(frozen=True)
class Hit:
    """A secret that was found: where, which by name, and in what form; never its value."""

    path: Path
    inner: str
    name: str
    form: str


def scan_tree(root: Path, registry: SecretRegistry = secrets) -> list[Hit]:
    """Look for every secret of ``registry`` in every file below ``root``."""
    return scan_files(sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink()), registry)


def scan_files(paths: Iterable[Path], registry: SecretRegistry = secrets) -> list[Hit]:
    """Look for every secret of ``registry`` in these files."""
    hits = []
    for path in paths:
        for inner, data in _contents(path.name, path.read_bytes()):
            hits += [Hit(path, inner, name, form) for name, form in dict.fromkeys(_found(data, registry))]
    return hits


def scrub_file(path: Path) -> None:
    """Redact a console file in place."""
    from theodore_qa.redaction.files import rewrite_text

    rewrite_text(path)


def _found(data: bytes, registry: SecretRegistry, depth: int = 0) -> Iterator[tuple[str, str]]:
    text = data.decode("utf-8", errors="replace")
    if _ROBOTS_OWN in text[:2000]:
        text = "\n".join(line for line in text.splitlines() if line.strip() not in _template())
    yield from registry.find(text)
    if "&" in text:
        yield from registry.find(html.unescape(text))
    for match in PACKED.finditer(text):
        try:
            inner = zlib.decompress(base64.b64decode(match[1]))
        except (ValueError, zlib.error):
            continue
        if depth < DEEPEST:
            yield from _found(inner, registry, depth + 1)


@functools.cache
def _template() -> frozenset[str]:
    """The lines that stand in every log.html: Robot's own page and scripts, which hold letters and no results."""
    import robot

    pages = (path for path in (Path(robot.__file__).parent / "htmldata").rglob("*") if path.suffix in {".html", ".js", ".css"})
    return frozenset(line.strip() for path in pages for line in path.read_text(encoding="utf-8").splitlines())


def _contents(name: str, data: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    yield name, data
    if depth >= DEEPEST or len(data) > LARGEST:
        return
    for inner, content in _unpacked(name, data):
        yield from _contents(f"{name}/{inner}", content, depth + 1)


def _unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        if data[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                yield from ((member.filename, archive.read(member)) for member in archive.infolist() if not member.is_dir())
        elif data[:2] == b"\x1f\x8b":
            yield name.removesuffix(".gz"), gzip.decompress(data)
        elif data[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(data)) as tape:
                for member in tape:
                    file = tape.extractfile(member)
                    if file:
                        yield member.name, file.read()
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError):
        return
