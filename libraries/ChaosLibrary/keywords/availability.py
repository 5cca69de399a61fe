"""Availability: probes beside the test, seconds as the unit, a share with its confidence interval and an error budget."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta  # Robot converts arguments by these hints

from robotlibcore import keyword

from ChaosLibrary import definitions
from ChaosLibrary.steady_state import Caller, ProbeOutcome, Prober, Sample
from theodore_qa.context import context
from theodore_qa.errors import QaError, unknown, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder
from theodore_qa.statistics import Share

BLOCK = 1.0


@dataclass
class Availability:
    """The samples of a prober, how many it missed, and the share of good seconds."""

    samples: list[Sample]
    missed: int

    @property
    def blocks(self) -> Share:
        """The share of good blocks: a block is a second, and good if every probe that began in it was good."""
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
        """Starts to probe the system repeatedly beside the test.

        The probe ends with `Stop Availability Probe`, or with the test.

        Args:
            probe: A probe of experiments.yaml: version (the default), health, quick_discovery or research.
            interval: Time between two probes; 100 ms by default.

        Example:

        ```robotframework
        Start Availability Probe
        Research Company    Slack
        ${seen} =    Stop Availability Probe
        Availability Should Be At Least    ${seen}    5
        ```
        """
        if self._prober:
            raise UsageError("An availability probe is running already: end it by 'Stop Availability Probe'.")
        defined = definitions.probes()
        if probe not in defined:
            raise unknown("probe", probe, defined, definitions.FILE)
        self._prober = Prober(defined[probe], Caller.of(context.system), interval.total_seconds()).start()
        self._began = time.monotonic()
        context.at_test_end("the availability probe could not be ended", self._end)

    @keyword(tags=("availability",))
    def stop_availability_probe(self, *, after: timedelta = timedelta(0)) -> Availability:
        """Ends the probe of `Start Availability Probe`; returns its samples.

        Args:
            after: Minimum duration of the probe, since a few seconds prove little; it ends at once by default.

        Example:

        ```robotframework
        Start Availability Probe    version    interval=50 ms
        Research Company    Slack
        ${seen} =    Stop Availability Probe
        Availability Should Be At Least    ${seen}    5
        ```
        """
        if self._prober is None:
            raise UsageError("No availability probe is running: start one by 'Start Availability Probe'.")
        prober = self._prober
        time.sleep(max(0.0, self._began + after.total_seconds() - time.monotonic()))
        seen = Availability(prober.stop(), prober.missed)
        self._prober = None
        if any(sample.outcome is ProbeOutcome.GOOD for sample in seen.samples):
            recorder.exchanged()
        return seen

    @keyword(tags=("availability",))
    def availability_should_be_at_least(self, seen: Availability, percent: float) -> None:
        """Checks the share of good seconds against a target.

        It passes where the lower end of the 95 % confidence interval (Wilson) reaches the target, and fails where the share
        itself is below it. Otherwise there are too few seconds: NOT EVALUATED. To prove 99.9 % takes 2,995 seconds without a
        fault, which only ``--profile full`` has.

        Args:
            seen: The samples that `Stop Availability Probe` returned.
            percent: Target in percent, such as 99; more than 0 and less than 100.

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
        observed = f"{blocks.hits} of {blocks.tried} seconds good ({blocks.value:.2%}, 95% interval from {low:.2%})"
        spent = f"{observed}; error budget {budget:.1f} s, spent {bad} s"
        if not blocks.tried:
            raise QaError("The availability probe has no samples: it was stopped before its first answer.")
        if blocks.value < target:
            checks.that("chaos.availability", holds=False, expected=f"at least {percent:g} %", observed=spent, n=blocks.tried)
        elif low >= target:
            checks.that("chaos.availability", holds=True, expected=f"at least {percent:g} %", observed=spent, n=blocks.tried)
        else:
            checks.not_evaluated("chaos.availability", f"at least {percent:g} %", f"too few seconds for {percent:g} %: {spent}")
        checks.conclude()

    def _end(self) -> None:
        if self._prober:
            self._prober.stop()
            self._prober = None
