"""The timeline of an experiment as a picture: the fault, the duration and outcome of each probe, and what the target used."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from ChaosLibrary.steady_state import ProbeOutcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from ChaosLibrary.runner import Result
    from ChaosLibrary.steady_state import Sample
    from theodore_qa.faults.usage import Usage

WIDTH, HEIGHT = 720, 190  # pixels, the height without panels
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 14, 40  # margins around the plot, in pixels
PANEL, GAP = 34, 16
SHORTEST = 0.1  # seconds that an axis spans at least: a single fast probe must not be divided by nothing
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
    plot = _Plot.of(samples)
    panels = _panels(plot, result)
    parts = [
        *_axes(plot),
        *_fault_area(plot, result),
        *_moments(plot, result),
        *(SHAPES[sample.outcome].format(x=plot.x(sample.began), y=plot.y(sample.took)) for sample in samples),
        *(part for panel in panels for part in panel),
    ]
    height = HEIGHT + len(panels) * (PANEL + GAP)
    title = escape(f"{result.experiment.name}: duration of each probe over time, and what the target used")
    style = "font:11px sans-serif;max-width:100%"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" aria-label="{title}" style="{style}" '
        f'fill="currentColor"><title>{title}</title>{"".join(parts)}</svg>'
    )


@dataclass(frozen=True)
class _Plot:
    """The part of the picture with the probes: it places moments (wall-clock times) and durations (seconds) in pixels."""

    first: float
    last: float
    longest: float

    @classmethod
    def of(cls, samples: list[Sample]) -> _Plot:
        first = min(sample.began for sample in samples)
        last = max(sample.began + sample.took for sample in samples)
        return cls(first, last, max(SHORTEST, *(sample.took for sample in samples)))

    @property
    def per_second(self) -> float:
        """How many pixels a second is wide."""
        return (WIDTH - LEFT - RIGHT) / max(SHORTEST, self.last - self.first)

    def x(self, moment: float) -> float:
        return LEFT + (moment - self.first) * self.per_second

    def y(self, took: float) -> float:
        return HEIGHT - BOTTOM - took * (HEIGHT - TOP - BOTTOM) / self.longest


def _axes(plot: _Plot) -> list[str]:
    floor = plot.y(0)
    return [
        f'<line x1="{LEFT}" y1="{floor:.1f}" x2="{WIDTH - RIGHT}" y2="{floor:.1f}" stroke="currentColor"/>',
        f'<text x="2" y="{plot.y(plot.longest) + 4:.1f}">{plot.longest:.1f} s</text>',
        f'<text x="2" y="{floor:.1f}">0 s</text>',
        f'<text x="{LEFT}" y="{HEIGHT - 22}">0 s</text>',
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 22}" text-anchor="end">{plot.last - plot.first:.1f} s</text>',
        f'<text x="{LEFT}" y="{HEIGHT - 5}">{LEGEND}</text>',
    ]


def _fault_area(plot: _Plot, result: Result) -> list[str]:
    """The time of the fault, at least a pixel wide; empty if none was injected."""
    if not result.injected or not result.undone:
        return []
    left, width = plot.x(result.injected), max(1.0, (result.undone - result.injected) * plot.per_second)
    area = (
        f'<rect x="{left:.1f}" y="{TOP}" width="{width:.1f}" height="{HEIGHT - TOP - BOTTOM}" '
        f'fill="currentColor" fill-opacity="0.12" stroke="currentColor" stroke-dasharray="4 3"/>'
    )
    return [area, f'<text x="{left + 4:.1f}" y="{HEIGHT - BOTTOM + 13}">fault</text>']


def _moments(plot: _Plot, result: Result) -> list[str]:
    """Lines at the first degraded probe and at the recovery, which is not drawn before the fault is undone."""
    recovered = result.recovered and max(result.recovered, result.undone or 0)
    parts = []
    for label, moment in (("degraded", result.degraded), ("recovered", recovered)):
        if moment:
            x = plot.x(moment)
            parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{plot.y(0):.1f}" stroke="currentColor"/>')
            parts.append(f'<text x="{x + 4:.1f}" y="{TOP - 3}">{label}</text>')
    return parts


def _panels(plot: _Plot, result: Result) -> list[list[str]]:
    """A panel for each figure of what the target used; none where too little of it was sampled."""
    if result.usage is None:
        return []
    used = [usage for usage in result.usage.samples if plot.first <= usage.moment <= plot.last]
    if len(used) < FEWEST:
        return []
    process, pieces = escape(result.usage.process), _lines(used)
    panels = []
    for number, (name, figure, form) in enumerate(PANELS):
        lines = [[(plot.x(usage.moment), figure(usage)) for usage in piece] for piece in pieces]
        panels.append(_panel(name.format(process=process), lines, form, HEIGHT + number * (PANEL + GAP)))
    return panels


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
        f'<line x1="{LEFT}" y1="{floor}" x2="{WIDTH - RIGHT}" y2="{floor}" stroke="currentColor" stroke-opacity="0.4"/>',
    ]
    for line in lines:
        points = " ".join(f"{at:.1f},{y(value):.1f}" for at, value in line)
        parts.append(f'<polyline points="{points}" fill="none" stroke="currentColor"/>')
        if len(line) == 1:
            parts.append(f'<circle cx="{line[0][0]:.1f}" cy="{y(line[0][1]):.1f}" r="1.5"/>')
    return parts
