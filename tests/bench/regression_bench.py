"""Whether verdicts on builds can be trusted: simulated runs of 20 benchmarks, with the noise of such machines.

Each restart of a build has a drift of its own or shares that of its session (10 %), and its durations have a CV of 5, 10 or 20 %. Printed
are the share of runs with a false alarm, and the share in which a slow-down of the size declared detectable is found. With --short fewer.
"""

import math
import random
import statistics
import sys

from LoadLibrary import comparing
from theodore_qa.statistics import Share

BENCHMARKS, PAIRS, DURATIONS = 20, 10, 15
DRIFT = 0.10
MOST_ALARMS, LEAST_FOUND = 0.01, 0.95
SEED = 20


def restart(draw, cv, drift, slower=0.0):
    """The logarithm of the median of one restart's durations."""
    durations = sorted(draw.gauss(0, cv) for _ in range(DURATIONS))
    return durations[DURATIONS // 2] + drift + slower


def sampler(draw, cv, own, slower=None):
    """Differences of pairs; each process drifts by itself where ``own``, else both drift with their session."""

    def sample(names, pairs):
        found = {}
        for name in names:
            found[name] = []
            for _ in range(pairs):
                shared = draw.gauss(0, DRIFT)
                drifts = (draw.gauss(0, DRIFT), draw.gauss(0, DRIFT)) if own else (shared, shared)
                test = restart(draw, cv, drifts[0], (slower or {}).get(name, 0.0))
                found[name].append(test - restart(draw, cv, drifts[1]))
        return found

    return sample


def run(draw, cv, *, own, slower=None):
    """The comparisons of one run."""
    names = [f"benchmark {number}" for number in range(BENCHMARKS)]
    return comparing.measured(names, PAIRS, 0.02, sampler(draw, cv, own, slower))


def proved(cv, own, runs):
    """Prints a line for one kind of noise; whether it is as promised."""
    draw = random.Random(f"{SEED} {cv} {own}")
    alarms, found, tried, declared = 0, 0, 0, []
    for _ in range(runs):
        quiet = run(draw, cv, own=own)
        alarms += any(comparison.change is comparing.Change.REGRESSED for comparison in quiet)
        victim = draw.choice(quiet)
        declared.append(victim.detectable)
        slowed = run(draw, cv, own=own, slower={victim.name: math.log1p(victim.detectable)})
        tried += 1
        found += any(other.name == victim.name and other.change is comparing.Change.REGRESSED for other in slowed)
    share, detection = Share(alarms, runs), Share(found, tried)
    drift = "each process" if own else "each session"
    print(
        f"CV {cv:.0%}, drift of {drift} {DRIFT:.0%}: false alarms {share} of runs; declared detectable "
        f"{statistics.median(declared):.1%} (median), found {detection}",
        flush=True,
    )
    return share.value <= MOST_ALARMS and detection.value >= LEAST_FOUND


def main():
    runs = 60 if "--short" in sys.argv else 1000
    kinds = [(cv, own) for cv in (0.05, 0.1, 0.2) for own in (False, True)]
    results = [proved(cv, own, runs) for cv, own in kinds]
    print(f"{BENCHMARKS} benchmarks a run, {PAIRS} restarts of each build, {DURATIONS} durations each; seed {SEED}.")
    return int(not all(results))


if __name__ == "__main__":
    sys.exit(main())
