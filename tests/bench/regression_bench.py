"""Whether verdicts on builds can be trusted: simulated runs of 20 benchmarks, with the noise of such machines.

Each restart of a build has a drift of its own or shares that of its session (10 %), and its durations have a CV of 5, 10 or 20 %; where it
is busy, a fifth of all durations is longer by half in the mean. Printed are the share of runs of equal builds with a false alarm, and the
shares in which a slow-down is found that has the size declared detectable, or 20 %, with what such runs are not sure of. With --short fewer.
"""

import math
import statistics
import sys

import numpy

from LoadLibrary import comparing
from theodore_qa.statistics import Share

BENCHMARKS, PAIRS, DURATIONS = 20, 10, 15
TOLERANCE, SLOWER = 0.15, 0.20
DRIFT = 0.10
BUSY = 0.2, 0.5
MOST_ALARMS, LEAST_FOUND = 0.01, 0.95
SEED = 20


FIRST, SECOND = numpy.triu_indices(DURATIONS)


def shifts(rounds):
    """What ``comparing.shift`` says of each row, in a hundredth of its time."""
    return numpy.median((rounds[..., FIRST] + rounds[..., SECOND]) / 2, axis=-1)


def durations(draw, shape, cv, *, busy):
    """The logarithms of durations."""
    late = draw.exponential(BUSY[1], shape) * (draw.random(shape) < BUSY[0]) if busy else 0.0
    return draw.normal(0, cv, shape) + numpy.log1p(late)


def sampler(draw, cv, *, own, busy, slower):
    """Differences of pairs; each process drifts by itself where ``own``, else both drift with their session."""

    def sample(names, pairs):
        shape = (len(names), pairs)
        apart = draw.normal(0, DRIFT, shape) - draw.normal(0, DRIFT, shape) if own else 0.0
        test, reference = (durations(draw, (*shape, DURATIONS), cv, busy=busy) for _ in range(2))
        found = shifts(test - reference) + apart
        return {name: [value + slower.get(name, 0.0) for value in values] for name, values in zip(names, found.tolist(), strict=True)}

    return sample


def run(draw, slower=None, **noise):
    """The comparisons of one run."""
    names = [f"benchmark {number}" for number in range(BENCHMARKS)]
    return comparing.measured(names, PAIRS, TOLERANCE, sampler(draw, slower=slower or {}, **noise))


def verdict_on(draw, victim, size, noise):
    """What a run says of a benchmark that is slower by ``size``."""
    slowed = run(draw, slower={victim: math.log1p(size)}, **noise)
    return next(other.change for other in slowed if other.name == victim)


def proved(cv, own, busy, runs):
    """Prints a line for one kind of noise; whether it is as promised."""
    noise = {"cv": cv, "own": own, "busy": busy}
    draw = numpy.random.default_rng([SEED, round(cv * 100), own, busy])
    alarms, found, fifth, unsure, declared, pairs = 0, 0, 0, 0, [], []
    for _ in range(runs):
        quiet = run(draw, **noise)
        alarms += any(comparison.change is comparing.Change.REGRESSED for comparison in quiet)
        unsure += sum(comparison.change is comparing.Change.INCONCLUSIVE for comparison in quiet)
        pairs += [comparison.pairs for comparison in quiet]
        victim = quiet[draw.integers(BENCHMARKS)]
        declared.append(victim.detectable)
        found += verdict_on(draw, victim.name, victim.detectable, noise) is comparing.Change.REGRESSED
        fifth += verdict_on(draw, victim.name, SLOWER, noise) is comparing.Change.REGRESSED
    share, detection, power = Share(alarms, runs), Share(found, runs), Share(fifth, runs)
    drift = "each process" if own else "each session"
    print(
        f"CV {cv:.0%}{', busy' if busy else ''}, drift of {drift} {DRIFT:.0%}: false alarms {share} of runs; declared detectable "
        f"{statistics.median(declared):.1%} (median), found {detection}; {SLOWER:.0%} slower found {power}; of equal benchmarks "
        f"{unsure / runs / BENCHMARKS:.1%} INCONCLUSIVE, after {statistics.fmean(pairs):.1f} pairs in the mean",
        flush=True,
    )
    return share.value <= MOST_ALARMS and detection.value >= LEAST_FOUND and power.value >= LEAST_FOUND


def main():
    rounds = durations(numpy.random.default_rng(SEED), (5, DURATIONS), 0.1, busy=True)
    assert shifts(rounds).tolist() == [comparing.shift(row) for row in rounds.tolist()]
    runs = 60 if "--short" in sys.argv else 1000
    kinds = [(cv, own, False) for cv in (0.05, 0.1, 0.2) for own in (False, True)] + [(0.1, False, True), (0.1, True, True)]
    results = [proved(cv, own, busy, runs) for cv, own, busy in kinds]
    print(
        f"{BENCHMARKS} benchmarks a run, {PAIRS} restarts of both builds at first and {comparing.MOST} at most, {DURATIONS} rounds each, "
        f"tolerance {TOLERANCE:.0%}; seed {SEED}."
    )
    return int(not all(results))


if __name__ == "__main__":
    sys.exit(main())
