"""A pack as one ZIP, with the same bytes for the same pack."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from theodore_qa.pack import manifest

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)


def export(folder: Path, target: Path) -> int:
    """Write all files of a pack into one ZIP; returns how many there are."""
    names = [*manifest.files(folder), *(name for name in manifest.OWN if (folder / name).is_file())]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            info = zipfile.ZipInfo(f"{folder.name}/{name}", EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, (folder / name).read_bytes())
    return len(names)
