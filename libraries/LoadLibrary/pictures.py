"""Pictures of a load: percentiles over time, and the histogram of response times."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from theodore_load.recording import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from theodore_load.results import Result

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 200, 62, 10, 24, 34
LINES = {"p50": "", "p95": "6 3", "p99": "2 3"}
BARS = 60


def over_time(result: Result) -> str:
    """Percentiles of response times, and errors, second by second; empty without answers."""
    rows = result.by_second()
    highest = max((row["p99"] for row in rows if row["p99"]), default=0.0)
    if not highest:
        return ""
    across = (WIDTH - LEFT - RIGHT) / max(1, len(rows) - 1)
    up = (HEIGHT - TOP - BOTTOM) / highest
    parts = []
    for number, (name, dashes) in enumerate(LINES.items()):
        points = " ".join(
            f"{LEFT + row['second'] * across:.1f},{HEIGHT - BOTTOM - row[name] * up:.1f}" for row in rows if row[name] is not None
        )
        line = f'fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="{dashes}"'
        parts.append(f'<polyline points="{points}" {line}/>')
        at = LEFT + 10 + number * 70
        parts.append(f'<path d="M{at} 10h24" {line}/><text x="{at + 28}" y="14">{name}</text>')
    parts += [
        f'<path d="M{LEFT + row["second"] * across - 3:.1f} {HEIGHT - BOTTOM - 3}l6 6m0-6l-6 6" stroke="currentColor"/>'
        for row in rows
        if row["errors"]
    ]
    parts.append(f'<text x="{LEFT + 220}" y="14">✕ second with errors</text>')
    return _picture("Response times by second", parts, "0 s", f"{len(rows)} s", _duration(highest))


def histogram(result: Result) -> str:
    """How many requests took how long, on a logarithmic scale; empty without answers."""
    times = result.total.response
    buckets = [
        (bucket.value_iterated_to / MICROSECONDS, bucket.count_at_value_iterated_to) for bucket in times.get_recorded_iterator()
    ]
    if not buckets:
        return ""
    counts = _binned(buckets)
    low, high = buckets[0][0], buckets[-1][0]
    most = max(counts)
    wide = (WIDTH - LEFT - RIGHT) / BARS
    parts = [
        f'<rect x="{LEFT + number * wide:.1f}" y="{HEIGHT - BOTTOM - tall:.1f}" width="{wide - 1:.1f}" height="{tall:.1f}" '
        f'fill="currentColor" fill-opacity="0.5"/>'
        for number, count in enumerate(counts)
        if count and (tall := max(1.0, (HEIGHT - TOP - BOTTOM) * count / most))
    ]
    return _picture("Number of requests by response time", parts, _duration(low), _duration(high), str(most))


def curve(
    title: str, points: Sequence[tuple[float, float]], units: tuple[str, str], fitted: Sequence[tuple[float, float]] = ()
) -> str:
    """Measured points, and a line: that of a law that was fitted, or from point to point; empty without points."""
    if not points:
        return ""
    line = fitted or sorted(points)
    first, last = min(x for x, _ in (*points, *line)), max(x for x, _ in (*points, *line))
    highest = max(y for _, y in (*points, *line)) or 1.0
    across = (WIDTH - LEFT - RIGHT) / ((last - first) or 1.0)
    up = (HEIGHT - TOP - BOTTOM) / highest

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + (x - first) * across, HEIGHT - BOTTOM - y * up

    drawn = " ".join("{:.1f},{:.1f}".format(*place(x, y)) for x, y in line)
    parts = [f'<polyline points="{drawn}" fill="none" stroke="currentColor" stroke-width="1.5"/>']
    parts += ['<circle cx="{:.1f}" cy="{:.1f}" r="3.5"/>'.format(*place(x, y)) for x, y in points]
    return _picture(title, parts, f"{first:g}{units[0]}", f"{last:g}{units[0]}", f"{highest:.3g}{units[1]}")


def _binned(buckets: Sequence[tuple[float, int]]) -> list[int]:
    low, high = math.log(buckets[0][0]), math.log(buckets[-1][0])
    counts = [0] * BARS
    for value, count in buckets:
        place = (math.log(value) - low) / (high - low) if high > low else 0.0
        counts[min(BARS - 1, int(place * BARS))] += count
    return counts


def _picture(title: str, parts: list[str], first: str, last: str, highest: str) -> str:
    """An inline SVG that is readable without colour and takes the colours of the page."""
    ground = HEIGHT - BOTTOM
    frame = [
        f'<path d="M{LEFT} {TOP}V{ground}H{WIDTH - RIGHT}" fill="none" stroke="currentColor"/>',
        f'<text x="{LEFT - 4}" y="{TOP + 8}" text-anchor="end">{highest}</text>',
        f'<text x="{LEFT}" y="{ground + 14}">{first}</text>',
        f'<text x="{WIDTH - RIGHT}" y="{ground + 14}" text-anchor="end">{last}</text>',
        f'<text x="{(WIDTH + LEFT) / 2}" y="{ground + 28}" text-anchor="middle">{title}</text>',
    ]
    style = "font:11px sans-serif;max-width:100%"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" aria-label="{title}" style="{style}" '
        f'fill="currentColor"><title>{title}</title>{"".join(frame + parts)}</svg>'
    )


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
