"""The matrix of promises and dimensions, as text for a console, as data, and as a page."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural
from theodore_qa.observing.observations import Verdict
from theodore_qa.promises.filling import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from theodore_qa.promises.declaring import Promises
    from theodore_qa.promises.filling import Filled

DIMENSIONS = (
    "channel",
    "operation",
    "caller",
    "state",
    "boundary",
    "position",
    "option",
    "repetition",
    "writing",
    "time",
    "absence",
)
NOTHING = "-"
STYLE = (
    ":root{color-scheme:light dark}body{font:15px system-ui,sans-serif;margin:2em;max-width:100em}"
    "table{border-collapse:collapse;margin:.3em 0 1.2em}"
    "td,th{border:1px solid;padding:.2em .5em;text-align:left;vertical-align:top;overflow-wrap:break-word}"
    "h2{margin-bottom:.1em}.filled{background:#2e7d3233}.open{background:#7b1fa233;font-weight:bold}"
)
MARKS = {"PASS": "✔ PASS", "FAIL": "✘ FAIL", "NOT EVALUATED": "NOT EVALUATED", OUTSIDE: "outside"}


class Matrix:
    """All cells of a system with what its runs say of them."""

    def __init__(self, promises: Promises, cells: Sequence[Filled], runs: Sequence[str]) -> None:
        self.promises = promises
        self.cells = cells
        self.runs = runs

    @property
    def applicable(self) -> list[Filled]:
        """The cells that apply to what is tested."""
        return [cell for cell in self.cells if cell.verdict != OUTSIDE]

    @property
    def filled(self) -> list[Filled]:
        """The cells that were observed."""
        return [cell for cell in self.cells if cell.filled]

    @property
    def share(self) -> float:
        """The percentage of the applicable cells that is filled."""
        return 100 * len(self.filled) / len(self.applicable) if self.applicable else 0.0

    def total(self) -> str:
        """One line with all figures."""
        verdicts = Counter(cell.verdict for cell in self.filled)
        return (
            f"Promises: {len(self.filled)} of {len(self.applicable)} applicable cells filled, {self.share:.1f} % "
            f"({verdicts['PASS']} PASS, {verdicts['FAIL']} FAIL; {len(self.applicable) - len(self.filled)} NOT EVALUATED, "
            f"{len(self.cells) - len(self.applicable)} outside) of {plural(len(self.promises.promises), 'promise')}"
        )

    def reasons(self) -> dict[tuple[str, str], list[str]]:
        """The cells that are not filled by verdict and reason, those with the most cells first."""
        groups: dict[tuple[str, str], list[str]] = {}
        for cell in self.cells:
            if not cell.filled:
                groups.setdefault((cell.verdict, cell.reason), []).append(cell.cell.id)
        return dict(sorted(groups.items(), key=lambda group: (group[0][0] != Verdict.NOT_EVALUATED, -len(group[1]))))

    def text(self) -> str:
        """The matrix of promises and dimensions, what is not filled, and the total."""
        width = max(len(promise.id) for promise in self.promises.promises)
        lines = [f"{'promise':<{width}}  " + "  ".join(f"{name:>10}" for name in DIMENSIONS)]
        for promise, shares in self._rows():
            lines.append(f"{promise:<{width}}  " + "  ".join(f"{share:>10}" for share in shares))
        lines.append("A figure is: filled of applicable cells with a value in that dimension.")
        for (verdict, reason), names in self.reasons().items():
            lines += [f"{verdict}: {plural(len(names), 'cell')}: {reason}", *(f"    {name}" for name in names)]
        lines += [f"OUTSIDE: {reason}" for reason in self.promises.outside]
        return "\n".join([*lines, self.total()])

    def data(self) -> dict[str, Any]:
        """The matrix as plain data."""
        return {
            "system": self.promises.system,
            "runs": list(self.runs),
            "promises": len(self.promises.promises),
            "cells": len(self.cells),
            "applicable": len(self.applicable),
            "filled": len(self.filled),
            "share_percent": round(self.share, 2),
            "outside_dimensions": list(self.promises.outside),
            "matrix": [
                {
                    "promise": promise.id,
                    "statement": promise.statement,
                    "source": promise.source,
                    "cells": [
                        {
                            "cell": cell.cell.id,
                            "dimensions": dict(cell.cell.values),
                            "verdict": cell.verdict,
                            "reason": cell.reason,
                            "rests_on": cell.rests_on,
                        }
                        for cell in self._of(promise.id)
                    ],
                }
                for promise in self.promises.promises
            ],
        }

    def page(self) -> str:
        """The matrix as one page that needs nothing else; words carry it without colour."""
        title = f"Promises of {escape(self.promises.system)}"
        rows = (_row((promise, *shares)) for promise, shares in self._rows())
        parts = [
            f"<h1>{title}</h1><p>{escape(self.total())}.</p><p>Runs: {escape(', '.join(self.runs))}</p>",
            "<p>A figure is: filled of applicable cells with a value in that dimension.</p>",
            f"<table>{_row(('promise', *DIMENSIONS), 'th')}{''.join(rows)}</table>",
            "<h2>Not filled</h2>",
            f"<table>{_row(('verdict', 'cells', 'reason', 'which'), 'th')}",
            *(_row((verdict, len(names), reason, ", ".join(names))) for (verdict, reason), names in self.reasons().items()),
            "</table>",
        ]
        for promise in self.promises.promises:
            parts.append(f"<h2>{escape(promise.id)}</h2><p>{escape(promise.statement)} <i>{escape(promise.source)}</i></p>")
            parts += _blocks(self._of(promise.id))
        style = f"<style>{STYLE}</style>"
        return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>{style}{"".join(parts)}</html>'

    def _of(self, promise: str) -> list[Filled]:
        return [cell for cell in self.cells if cell.cell.promise == promise]

    def _rows(self) -> Iterable[tuple[str, list[str]]]:
        for promise in self.promises.promises:
            cells = self._of(promise.id)
            yield promise.id, [_share([cell for cell in cells if name in dict(cell.cell.values)]) for name in DIMENSIONS]


def _share(cells: Sequence[Filled]) -> str:
    applicable = [cell for cell in cells if cell.verdict != OUTSIDE]
    if applicable:
        return f"{sum(cell.filled for cell in applicable)}/{len(applicable)}"
    return MARKS[OUTSIDE] if cells else NOTHING


def _blocks(cells: Sequence[Filled]) -> Iterable[str]:
    """Tables of the cells that share their dimensions: the last dimension goes across, the others down."""
    shapes: dict[tuple[str, ...], list[Filled]] = {}
    for cell in cells:
        shapes.setdefault(tuple(name for name, _ in cell.cell.values), []).append(cell)
    for shape, alike in shapes.items():
        down: dict[str, dict[str, Filled]] = {}
        for cell in alike:
            values = [value for _, value in cell.cell.values]
            *names, last = values if len(values) > 1 else [*values, "observed"]
            down.setdefault(", ".join(names), {})[last] = cell
        across = list(dict.fromkeys(value for found in down.values() for value in found))
        columns = [f"{shape[-1]}: {value}" for value in across] if len(shape) > 1 else across
        header = _row((", ".join(shape[:-1]) or shape[0], *columns), "th")
        body = "".join(
            f"<tr><th>{escape(name)}</th>{''.join(_marked(found.get(value)) for value in across)}</tr>"
            for name, found in down.items()
        )
        yield f"<table>{header}{body}</table>"


def _marked(cell: Filled | None) -> str:
    if cell is None:
        return "<td></td>"
    kind = "filled" if cell.filled else "outside" if cell.verdict == OUTSIDE else "open"
    return f'<td class="{kind}" title="{escape(cell.rests_on or cell.reason)}">{escape(MARKS[cell.verdict])}</td>'


def _row(values: Iterable[object], tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(str(value))}</{tag}>" for value in values) + "</tr>"
