"""The timeline of an experiment as a picture: the fault, the duration and outcome of each probe, and what the target used."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ChaosLibrary.steady_state import ProbeOutcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from ChaosLibrary.runner import Result
    from theodore_qa.faults.usage import Usage

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 190, 46, 14, 40
PANEL, GAP = 34, 16
FEWEST = 2  # samples for a line
MOST_APART = 2.5  # seconds between two samples that a line connects
PANELS: tuple[tuple[str, Callable[[Usage], float], str], ...] = (
    ("CPU of {process}", lambda usage: usage.cpu * 100, "{:.0f} %"),
    ("memory of {process}", lambda usage: usage.memory, "{:.0f} MB"),
    ("file handles of {process}", lambda usage: usage.handles, "{:.0f}"),
    ("connections of {process}", lambda usage: usage.connections, "{:.0f}"),
)
SHAPES = {
    ProbeOutcome.GOOD: '<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="none" stroke="currentColor"/>',
    ProbeOutcome.OPEN: '<path d="M{x:.1f} {y:.1f}m-4 3l4-7l4 7z" fill="currentColor"/>',
    ProbeOutcome.SILENT: '<path d="M{x:.1f} {y:.1f}m-3-3h6v6h-6z" fill="currentColor"/>',
    ProbeOutcome.WRONG: '<path d="M{x:.1f} {y:.1f}m-4-4l8 8m0-8l-8 8" stroke="currentColor" stroke-width="2"/>',
}
LEGEND = "○ good   ▲ failed openly   ■ no answer   ✕ wrong"


def svg(result: Result) -> str:
    """An inline SVG that is readable without colour and takes the colours of the page; empty without samples."""
    samples = [*result.before, *result.during, *result.after]
    if not samples:
        return ""
    first = min(sample.began for sample in samples)
    last = max(sample.began + sample.took for sample in samples)
    longest = max(0.1, *(sample.took for sample in samples))
    across = (WIDTH - LEFT - 10) / max(0.1, last - first)
    up = (HEIGHT - TOP - BOTTOM) / longest

    def x(moment: float) -> float:
        return LEFT + (moment - first) * across

    def y(took: float) -> float:
        return HEIGHT - BOTTOM - took * up

    parts = [
        f'<line x1="{LEFT}" y1="{y(0):.1f}" x2="{WIDTH - 10}" y2="{y(0):.1f}" stroke="currentColor"/>',
        f'<text x="2" y="{y(longest) + 4:.1f}">{longest:.1f} s</text>',
        f'<text x="2" y="{y(0):.1f}">0 s</text>',
        f'<text x="{LEFT}" y="{HEIGHT - 22}">0 s</text>',
        f'<text x="{WIDTH - 10}" y="{HEIGHT - 22}" text-anchor="end">{last - first:.1f} s</text>',
        f'<text x="{LEFT}" y="{HEIGHT - 5}">{LEGEND}</text>',
    ]
    if result.injected and result.undone:
        wide = max(1.0, (result.undone - result.injected) * across)
        parts.append(
            f'<rect x="{x(result.injected):.1f}" y="{TOP}" width="{wide:.1f}" height="{HEIGHT - TOP - BOTTOM}" '
            f'fill="currentColor" fill-opacity="0.12" stroke="currentColor" stroke-dasharray="4 3"/>'
            f'<text x="{x(result.injected) + 4:.1f}" y="{HEIGHT - BOTTOM + 13}">fault</text>'
        )
    moments = {"degraded": result.degraded, "recovered": result.recovered and max(result.recovered, result.undone or 0)}
    for label, moment in moments.items():
        if moment:
            at = x(moment)
            parts.append(f'<line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{y(0):.1f}" stroke="currentColor"/>')
            parts.append(f'<text x="{at + 4:.1f}" y="{TOP - 3}">{label}</text>')
    from html import escape

    parts += [SHAPES[sample.outcome].format(x=x(sample.began), y=y(sample.took)) for sample in samples]
    used = [usage for usage in result.usage.samples if first <= usage.moment <= last] if result.usage else []
    height = HEIGHT
    if result.usage and len(used) >= FEWEST:
        for name, figure, form in PANELS:
            lines = [[(x(usage.moment), figure(usage)) for usage in line] for line in _lines(used)]
            parts += _panel(name.format(process=escape(result.usage.process)), lines, form, height)
            height += PANEL + GAP
    title = escape(f"{result.experiment.name}: duration of each probe over time, and what the target used")
    style = "font:11px sans-serif;max-width:100%"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" aria-label="{title}" style="{style}" '
        f'fill="currentColor"><title>{title}</title>{"".join(parts)}</svg>'
    )


def _lines(used: list[Usage]) -> list[list[Usage]]:
    """The samples, in pieces: where there was no process, nothing is drawn."""
    lines = [used[:1]]
    for before, usage in pairwise(used):
        if usage.moment - before.moment > MOST_APART:
            lines.append([])
        lines[-1].append(usage)
    return lines


def _panel(name: str, lines: list[list[tuple[float, float]]], form: str, top: float) -> list[str]:
    """One figure as lines from 0 to its most, below the probes and on their time axis; a sample alone is a point."""
    most = max(value for line in lines for _, value in line)
    floor = top + GAP + PANEL

    def y(value: float) -> float:
        return floor - value / (most or 1) * PANEL

    parts = [
        f'<text x="{LEFT}" y="{top + GAP - 4}">{name}, at most {form.format(most)}</text>',
        f'<line x1="{LEFT}" y1="{floor}" x2="{WIDTH - 10}" y2="{floor}" stroke="currentColor" stroke-opacity="0.4"/>',
    ]
    for line in lines:
        points = " ".join(f"{at:.1f},{y(value):.1f}" for at, value in line)
        parts.append(f'<polyline points="{points}" fill="none" stroke="currentColor"/>')
        if len(line) == 1:
            parts.append(f'<circle cx="{line[0][0]:.1f}" cy="{y(line[0][1]):.1f}" r="1.5"/>')
    return parts
