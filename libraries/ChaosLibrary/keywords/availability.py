"""Availability: a prober beside the test, blocks of time as the unit, a share with its interval and an error budget."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta  # Robot converts arguments by these hints

from robotlibcore import keyword

from ChaosLibrary import definitions
from ChaosLibrary.steady_state import ProbeOutcome, Prober, Sample, SteadyStateProbe
from theodore_qa import paths
from theodore_qa.context import context
from theodore_qa.errors import QaError, unknown, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder
from theodore_qa.statistics import Share
from theodore_qa.systems.files import read_yaml

BLOCK = 1.0


@dataclass
class Availability:
    """What a prober has seen: its samples, how many it missed, and the blocks of one second."""

    samples: list[Sample]
    missed: int

    @property
    def blocks(self) -> Share:
        """Good blocks of all: a block is a second, and good if all that began in it was good."""
        bad: dict[int, bool] = {}
        for sample in self.samples:
            block = int(sample.began // BLOCK)
            bad[block] = bad.get(block, False) or sample.outcome is not ProbeOutcome.GOOD
        return Share(sum(not failed for failed in bad.values()), len(bad))


class AvailabilityKeywords:
    """Availability while something else happens."""

    def __init__(self) -> None:
        self._prober: Prober | None = None
        self._began = 0.0

    @keyword(tags=("availability",))
    def start_availability_probe(self, probe: str = "version", *, interval: timedelta = timedelta(milliseconds=100)) -> None:
        """Begins to use the system again and again beside the test.

        It ends with `Stop Availability Probe`, or with the test.

        Args:
            probe: A probe of experiments.yaml: version (the default), health, quick_discovery or research.
            interval: How often; every 100 ms by default.

        Example:

        ```robotframework
        Start Availability Probe
        Research Company    Slack
        ${seen} =    Stop Availability Probe
        Availability Should Be At Least    ${seen}    5
        ```
        """
        if self._prober:
            raise UsageError("There is an availability probe already: end it by 'Stop Availability Probe'.")
        file = paths.find("variables", definitions.FILE)
        defined = read_yaml(file)["probes"] if file else {}
        if probe not in defined:
            raise unknown("probe", probe, defined, definitions.FILE)
        chosen = SteadyStateProbe.of(probe, defined[probe])
        self._prober = Prober(chosen, context.system.url, context.system.token(), interval.total_seconds()).start()
        self._began = time.monotonic()
        context.at_test_end("the availability probe could not be ended", self._end)

    @keyword(tags=("availability",))
    def stop_availability_probe(self, *, after: timedelta = timedelta(0)) -> Availability:
        """Ends the probe that `Start Availability Probe` began; returns what it saw.

        Args:
            after: How long it runs at least: few seconds tell little; by default it ends at once.

        Example:

        ```robotframework
        Start Availability Probe    version    interval=50 ms
        Research Company    Slack
        ${seen} =    Stop Availability Probe
        Availability Should Be At Least    ${seen}    5
        ```
        """
        if self._prober is None:
            raise UsageError("There is no availability probe: begin one by 'Start Availability Probe'.")
        prober = self._prober
        time.sleep(max(0.0, self._began + after.total_seconds() - time.monotonic()))
        seen = Availability(prober.stop(), prober.missed)
        self._prober = None
        if any(sample.outcome is ProbeOutcome.GOOD for sample in seen.samples):
            recorder.exchanged()
        return seen

    @keyword(tags=("availability",))
    def availability_should_be_at_least(self, seen: Availability, percent: float) -> None:
        """Checks the share of good seconds; one that so few seconds cannot tell is NOT EVALUATED.

        PASS where the lower end of the 95 % interval (Wilson) reaches the target, FAIL where the share itself is below it. To
        prove 99.9 % takes 2,995 seconds without a fault, which only the profile full has.

        Args:
            seen: What `Stop Availability Probe` returned.
            percent: Such as 99.

        Example:

        ```robotframework
        Start Availability Probe
        Research Company    Slack
        ${seen} =    Stop Availability Probe
        Availability Should Be At Least    ${seen}    5
        ```
        """
        if not 0 < percent < 100:  # noqa: PLR2004  # a share in percent
            raise UsageError(f"The availability is {percent:g} %, expected more than 0 and less than 100.")
        target, blocks = percent / 100, seen.blocks
        low, _ = blocks.interval
        checks = Checks("Availability", f"{percent:g} %")
        budget = (1 - target) * blocks.tried
        bad = blocks.tried - blocks.hits
        observed = f"{blocks.hits} of {blocks.tried} seconds good = {blocks.value:.2%}, at least {low:.2%} for certain"
        spent = f"{observed}; error budget {budget:.1f} s, spent {bad} s"
        if not blocks.tried:
            raise QaError("The availability probe saw nothing: it was stopped before its first answer.")
        if blocks.value < target:
            checks.that("chaos.availability", holds=False, expected=f"at least {percent:g} %", observed=spent, n=blocks.tried)
        elif low >= target:
            checks.that("chaos.availability", holds=True, expected=f"at least {percent:g} %", observed=spent, n=blocks.tried)
        else:
            checks.not_evaluated("chaos.availability", f"at least {percent:g} %", f"too few seconds to tell: {spent}")
        checks.conclude()

    def _end(self) -> None:
        if self._prober:
            self._prober.stop()
            self._prober = None
