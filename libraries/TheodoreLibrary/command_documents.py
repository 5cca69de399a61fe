"""What is observed of files that the command line wrote: each is read back by other means than it was written by."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural, written
from theodore_qa.systems.exchange import parsed
from TheodoreLibrary import command_checks, document_checks, export_checks, export_options, exports

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.command_line import CommandResult

Record = dict[str, Any]
PACKED = ".gz"
MOST_NAMED = 5
KINDS = {".csv": "csv", ".json": "json", ".xlsx": "xlsx", ".yaml": "yaml", ".yml": "yaml", ".md": "markdown", ".html": "html"}


def holds_output(checks: Checks, result: CommandResult, name: str) -> None:
    """A file holds the JSON that stands on standard output; beside another form the same text, or its values as JSON."""
    if result.data is None and result.stdout.strip():
        _holds_form(checks, result, name)
        return
    data = command_checks.json_object(checks, result)
    content = _content(checks, result, name)
    if content is None:
        return
    same = bool(data) and parsed(content.decode("utf-8", "replace")) == data
    observed = f"{len(content)} bytes, {'the same JSON' if same else 'other JSON'}"
    checks.that("cli.saved", same, f"the JSON of standard output in {name}", observed, n=len(data))


def _holds_form(checks: Checks, result: CommandResult, name: str) -> None:
    content = _content(checks, result, name)
    if content is None:
        return
    text = content.decode("utf-8", "replace")
    expected = f"what stands on standard output, or its values as JSON, in {name}"
    values = command_checks.values_of(parsed(text))
    if text.strip() == result.stdout.strip():
        checks.that("cli.saved", bool(text.strip()), expected, f"{plural(len(content), 'byte')}, the same text", n=len(content))
    else:
        missing = command_checks.lacking_in(values, result)
        lacking = f"not on standard output: {', '.join(missing[:MOST_NAMED])}" if missing else plural(len(values), "value")
        checks.that("cli.saved", bool(values) and not missing, expected, lacking, n=len(values))


def chosen(records: list[Record], filters: dict[str, Any]) -> list[Record]:
    """The records that filters choose."""
    return exports.chosen(records, {"filters": filters})


def holds_companies(checks: Checks, result: CommandResult, name: str, records: list[Record], expected: list[Record]) -> None:
    """A file holds the records that were chosen, with their values, and no other of those that are known."""
    content = _content(checks, result, name)
    if content is not None and name.endswith(PACKED):
        content, observed = export_options.of_gzip(content)
        checks.that("cli.packed", content is not None, f"a whole file {name} packed by gzip", observed)
        name = name.removesuffix(PACKED)
    document = None if content is None else export_checks.read(checks, _kind(name), content)
    if document is None:
        return
    known = {str(record["domain"]) for record in records}
    document.rows = sorted(
        (row for row in document.rows if str(row.get("domain")) in known), key=lambda row: str(row.get("domain"))
    )
    came, right = [str(row["domain"]) for row in document.rows], [str(record["domain"]) for record in expected]
    checks.that("cli.companies", came == right, written(right), written(came), n=len(came))
    kind = {"xlsx": "excel", "markdown": "json", "html": "json"}.get(_kind(name), _kind(name))
    if came == right:
        document_checks.agree(checks, name, document, expected, kind, "cli.export")


def holds_facts(checks: Checks, result: CommandResult, name: str, record: Record) -> None:
    """A report holds the facts of its company."""
    content = _content(checks, result, name)
    if content is not None:
        export_checks.report(checks, name.rpartition(".")[2].lower(), content, record)


def is_whole_backup(checks: Checks, result: CommandResult, name: str, records: list[Record]) -> None:
    """A backup is whole and holds the records."""
    content = _content(checks, result, name)
    if content is not None:
        export_checks.backup(checks, content, records, alone=False, cache="--include-cache" in result.arguments)


def _kind(name: str) -> str:
    return KINDS.get(f".{name.rpartition('.')[2].lower()}", "json")


def _content(checks: Checks, result: CommandResult, name: str) -> bytes | None:
    """The bytes of a file; None, with a failed check, where it is not there or empty."""
    path = command_checks.file_of(result, name)
    content = path.read_bytes() if path.is_file() else b""
    observed = plural(len(content), "byte") if path.is_file() else "no file"
    checks.that("cli.file", bool(content), f"a file {name} that holds something", observed, n=len(content))
    return content or None
