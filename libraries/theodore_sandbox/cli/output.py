"""Data as a table, JSON, YAML or Markdown."""

from __future__ import annotations

import json
from typing import Any

from theodore_sandbox.cli import console, switches

COLUMNS = ("name", "domain", "industry", "business_model", "company_size", "similarity_score")
WIDEST = 100


def rendered(value: Any, form: str, title: str = "") -> str:
    """Data as text: a mapping field by field, a list of mappings row by row."""
    if form == "json":
        return json.dumps(value, indent=2, ensure_ascii=False)
    if form == "yaml":
        import yaml

        text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
        return text
    header, rows = _tabular(value)
    if form == "markdown":
        return _markdown(title, header, rows)
    return _coloured(title, header, rows) if console.coloured() else _plain(header, rows)


def _tabular(value: Any) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of data."""
    if isinstance(value, dict):
        return ["field", "value"], [[str(name), cell(item)] for name, item in value.items() if item not in (None, [], {})]
    listed = [flat(item) for item in value] if isinstance(value, list) else []
    columns = list(dict.fromkeys(name for item in listed for name in item))
    preferred = [name for name in COLUMNS if name in columns] or columns
    return preferred, [[cell(item.get(name)) for name in preferred] for item in listed]


def flat(item: Any) -> dict[str, Any]:
    """A row of a list: a similar company is shown with the fields of the company itself."""
    if not isinstance(item, dict):
        return {"value": item}
    company = item.get("company")
    return {**company, "similarity_score": item.get("similarity_score")} if isinstance(company, dict) else item


def cell(value: Any) -> str:
    """A value in one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(cell(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {cell(item)}" for name, item in value.items())
    return " ".join(str(value).split())


def _markdown(title: str, header: list[str], rows: list[list[str]]) -> str:
    if switches.on("cli-markdown-drops-numbers"):
        rows = [row for row in rows if not row[-1].isdigit()]
    lines = [f"# {title}", ""] if title else []
    lines += [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    lines += ["| " + " | ".join(text.replace("|", "\\|") for text in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _plain(header: list[str], rows: list[list[str]]) -> str:
    """Columns of equal width, for whatever reads them."""
    cells = [header, *rows]
    widths = [min(max(len(row[place]) for row in cells), WIDEST) for place in range(len(header))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join(lines) + "\n"


def _coloured(title: str, header: list[str], rows: list[list[str]]) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title) if title else None)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    terminal = Console()
    with terminal.capture() as captured:
        terminal.print(table)
    return captured.get()
