"""Files of a scan's own on this machine, which stand for the files that an attacker would read or overwrite."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.scan import Scan


class CanaryFiles:
    """A folder with files that only the scan has and needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o777)  # the system under test may run as another user

    def made(self) -> tuple[str, str]:
        """The path and the text of a new file."""
        file, text = self.folder / f"qa-{secrets.token_hex(6)}.txt", f"qa-canary-{secrets.token_hex(12)}"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o666)
        return str(file), text

    @staticmethod
    def changed(path: str, text: str) -> bool:
        """Whether somebody has written to a file or removed it."""
        try:
            return Path(path).read_bytes() != text.encode()
        except OSError:
            return True


@contextlib.contextmanager
def canary_files(scan: Scan) -> Iterator[CanaryFiles]:
    """Files that the system under test can reach, removed afterwards.

    Raises:
        NotEvaluatedError: It runs on another machine.
    """
    if not scan.on_this_machine:
        raise NotEvaluatedError(
            "what may write is shown files of the scan's own alone, and the system under test runs on another machine"
        )
    folder = Path(tempfile.mkdtemp(prefix="qa-scan-"))
    try:
        yield CanaryFiles(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
