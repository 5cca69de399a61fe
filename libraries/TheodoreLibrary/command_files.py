"""Files that commands write: backups by their parts, exports by the companies in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_qa.observing.display import plural, written
from TheodoreLibrary import command_checks, documents
from TheodoreLibrary.documents import BrokenDocumentError

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.command_line import CommandResult

MOST_NAMED = 3


def parts(checks: Checks, result: CommandResult, name: str, expected: tuple[str, ...]) -> None:
    """A ZIP file that a command wrote is undamaged and has the parts that are expected, and no others."""
    path = command_checks.file_of(result, name)
    listed = written(sorted(expected))
    if not path.is_file():
        checks.that("cli.parts", holds=False, expected=f"{name} with {listed}", observed="no file")
        return
    try:
        names = documents.opened(path.read_bytes()).namelist()
    except BrokenDocumentError as error:
        checks.that("cli.parts", holds=False, expected=f"{name} with {listed}", observed=str(error))
        return
    checks.that("cli.parts", set(names) == set(expected), f"{name} with {listed}", written(sorted(names)), n=len(names))


def companies(checks: Checks, result: CommandResult, name: str, industry: str | None, quality: float | None) -> None:
    """A file of companies has rows, as many as the command says, and each is as the options choose."""
    path = command_checks.file_of(result, name)
    body = command_checks.json_object(checks, result)
    try:
        rows = documents.read(path.read_bytes(), path.suffix.removeprefix(".")).rows if path.is_file() else None
    except BrokenDocumentError as error:
        checks.that("cli.export_filter", holds=False, expected=f"companies in {name}", observed=str(error))
        return
    if rows is None:
        checks.that("cli.export_filter", holds=False, expected=f"companies in {name}", observed="no file")
        return
    checks.equal("cli.export_count", body.get("record_count"), len(rows))
    wrong = [str(row.get("name")) for row in rows if industry is not None and row.get("industry") != industry]
    wrong += [str(row.get("name")) for row in rows if quality is not None and float(row.get("confidence_score") or 0) < quality]
    chosen = [f"of the industry {industry}"] * (industry is not None) + [f"of the quality {quality}"] * (quality is not None)
    observed = f"others: {', '.join(wrong[:MOST_NAMED])}" if wrong else plural(len(rows), "company")
    expected = f"companies {' and '.join(chosen)} alone".replace("  ", " ")
    checks.that("cli.export_filter", bool(rows) and not wrong, expected, observed, n=len(rows))
