"""Drift: whether columns hold other values than they did when a profile was made.

The population stability index (PSI) compares the shares of bins. It is above 0 by chance alone, the more so the fewer records
there are; with so few that chance alone passes the limit, nothing is evaluated (Yurdakul 2018). The Kolmogorov-Smirnov test
compares samples of numbers; its probabilities are corrected for the number of columns (Holm 1979).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TYPE_CHECKING

from QualityLibrary import profiles, record_checks
from theodore_qa import extras

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from QualityLibrary.store import Records
    from theodore_qa.observing.checks import Checks

HALF = 0.5  # what a bin without records counts as
CONFIDENCE = 0.95
MOST_SHOWN = 3


@dataclass(frozen=True)
class Index:
    """A PSI with the value that chance alone stays below, and the bins that changed most."""

    value: float
    by_chance: float
    changes: tuple[str, ...]

    def __str__(self) -> str:
        return f"PSI {self.value:.3f} (by chance up to {self.by_chance:.3f}): {', '.join(self.changes)}"


def index(before: Mapping[str, int], now: Mapping[str, int]) -> Index:
    """The PSI of two sets of counts by bin: the sum over the bins of (new - old) * ln(new / old), with the shares of each."""
    extras.demand("scipy", "drift of records")
    from scipy import stats

    names = sorted(name for name in {*before, *now} if before.get(name) or now.get(name))
    first, second = sum(before.values()), sum(now.values())
    parts = []
    for name in names:
        count_before, count_now = before.get(name, 0), now.get(name, 0)
        # The logarithm of an empty bin is infinite: it counts as half a record.
        old, new = max(count_before, HALF) / first, max(count_now, HALF) / second
        parts.append(((new - old) * math.log(new / old), name, count_before / first, count_now / second))
    # Of two samples of one population the PSI is chi-squared, scaled by the sizes of both.
    chance = stats.chi2.ppf(CONFIDENCE, max(len(names) - 1, 1)) * (1 / first + 1 / second)
    largest = sorted(parts, reverse=True)[:MOST_SHOWN]
    return Index(
        sum(part[0] for part in parts),
        float(chance),
        tuple(f"{name} {old:.1%} → {new:.1%}" for _, name, old, new in largest),
    )


def check(checks: Checks, records: Records, before: Mapping[str, Any], columns: Sequence[str], at_most: float) -> None:
    """No column's PSI is above ``at_most``."""
    for column, entry in _chosen(checks, records, before, columns).items():
        name, expected = f"records.drift.{column}", f"a PSI of {column} of at most {at_most:g}"
        found = index(entry["counts"], profiles.counts(records, column, entry))
        description = _labelled(found, entry)
        if found.value <= at_most < found.by_chance:
            checks.not_evaluated(
                name, expected, f"{description}: {records.count:,} and {before['records']:,} are too few to tell"
            )
        elif at_most < found.value <= found.by_chance:
            checks.not_evaluated(name, expected, f"{description}: chance alone may do that with so few records")
        else:
            checks.that(name, found.value <= at_most, expected, description, n=records.count)


def check_by_test(
    checks: Checks, records: Records, before: Mapping[str, Any], columns: Sequence[str], significance: float
) -> None:
    """No column of numbers has another distribution by the Kolmogorov-Smirnov test."""
    extras.demand("scipy", "drift of records")
    from scipy import stats

    results = {}
    for column, entry in _chosen(checks, records, before, columns).items():
        values = profiles.sample(records, column) if "sample" in entry and profiles.numeric(records, column) else []
        if len(values) > 1 and len(entry["sample"]) > 1:
            results[column] = (stats.ks_2samp(entry["sample"], values), len(values))
        elif columns or "sample" in entry:
            checks.not_evaluated(f"records.drift.{column}", "an equal distribution", f"{column} has no numbers to compare")
    ordered = sorted(results, key=lambda column: float(results[column][0].pvalue))
    largest = 0.0
    for place, column in enumerate(ordered):
        test, count = results[column]
        # Holm: the smallest p times the number of columns, the next one times one less, and none below the one before it.
        largest = max(largest, min(1.0, float(test.pvalue) * (len(ordered) - place)))
        checks.that(
            f"records.drift.{column}",
            largest >= significance,
            f"the distribution of {column} as before (p at least {significance:g} after Holm)",
            f"D {test.statistic:.3f}, p {largest:.3g} by samples of {count} and {len(before['columns'][column]['sample'])}",
            n=count,
        )
    if not results and not columns:
        checks.not_evaluated("records.drift", "an equal distribution", "no column of numbers is in both")


def _chosen(checks: Checks, records: Records, before: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """The profiles of the columns that are compared; columns that came or went are drift themselves."""
    known = before["columns"]
    names = list(columns or known)
    if not record_checks.ready(checks, "records.drift", records, names, "values as before"):
        return {}
    if lacking := [name for name in names if name not in known]:
        checks.not_evaluated("records.drift", "values as before", f"the profile has no {', '.join(lacking)}")
    if not columns:
        earlier = before["source_columns"]
        new = [name for name in records.columns if name not in earlier]
        checks.that(
            "records.drift.columns", not new, f"the columns {', '.join(earlier)}", ", ".join(records.columns), n=records.count
        )
    chosen = {name: known[name] for name in names if name in known}
    for name, entry in list(chosen.items()):
        if (entry["type"] == "number") != profiles.numeric(records, name):
            now = "numbers" if entry["type"] != "number" else "texts"
            checks.that(f"records.drift.{name}", False, f"{name} of the type {entry['type']}", f"{now}", n=records.count)
            del chosen[name]
    return chosen


def _labelled(found: Index, entry: Mapping[str, Any]) -> str:
    """The index with what its bins stand for in place of their numbers."""
    if "edges" not in entry:
        return str(found)
    edges = entry["edges"]
    labels = {str(number): f"{low:g} to {high:g}" for number, (low, high) in enumerate(pairwise(edges), 1)}
    if edges:
        labels |= {"0": f"up to {edges[0]:g}", str(len(edges)): f"above {edges[-1]:g}"}
    changes = []
    for change in found.changes:
        name, _, rest = change.partition(" ")
        changes.append(f"{labels.get(name, name)} {rest}")
    return str(Index(found.value, found.by_chance, tuple(changes)))
