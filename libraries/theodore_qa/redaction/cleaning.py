"""Secrets that got into a file all the same: looked for and taken out before anybody reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_qa.redaction.files import rewrite_text, withhold
from theodore_qa.redaction.scan import scan_files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def take_out_secrets(paths: Iterable[Path]) -> list[str]:
    """Look for secrets in files; those that hold one are cleaned, or else emptied. Returns a sentence for each of them."""
    sentences = []
    for path in paths:
        hits = scan_files([path])
        if not hits:
            continue
        try:
            rewrite_text(path)
        except OSError:  # a full disk, most likely
            withhold(path)
        if scan_files([path]):
            withhold(path)
        named = ", ".join(dict.fromkeys(f"{hit.name} ({hit.form})" for hit in hits))
        sentences.append(f"The redaction failed: {path.name} held the secret {named}; it was taken out.")
    return sentences
