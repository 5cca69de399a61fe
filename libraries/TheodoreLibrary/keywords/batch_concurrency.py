"""Keywords for how many companies of a batch are worked on at once."""

from __future__ import annotations

from robotlibcore import keyword

from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import links
from TheodoreLibrary import batch_checks, batches
from TheodoreLibrary.batches import Batch  # Robot converts arguments by these hints

LINK = "search"


class BatchConcurrencyKeywords:
    """Companies of a batch at once."""

    @keyword(tags=("batch",))
    def batch_should_keep_to_its_concurrency(self, batch: Batch, *, link: str = LINK) -> None:
        """Checks that as many companies of a batch were worked on at once as it requested, by the calls to a dependency.

        Where the batch requested no number, five researches or three discoveries are expected at once. Let each call take some
        time, for example by `Make Dependency Misbehave`, so that calls that are made at once overlap. Where the records of the
        link are not to be had this is NOT EVALUATED.

        Args:
            batch: A batch that has ended, of more companies than it may work on at once. Nothing else may have called the
                dependency meanwhile.
            link: A link over which one call after another is made for each company; search by default.

        Raises:
            UsageError: The batch has not ended, or has no more companies than it may work on at once.

        Example:

        ```robotframework
        Make Dependency Misbehave    search    delay=0.3 s
        ${batch} =    Start Batch Research    ${{[f"Qa Unknown {number}" for number in range(6)]}}    concurrency=2
        Follow Batch    ${batch}
        Batch Should Keep To Its Concurrency    ${batch}
        ```
        """
        if batch.status not in batches.FINAL:
            raise UsageError(f"The {batch} has not ended: call Follow Batch first.")
        if len(batch.companies) <= batch.concurrency:
            raise UsageError(
                f"The {batch} may work on {batch.concurrency} at once, so that more could not be seen: give it more companies."
            )
        checks = Checks("Batch concurrency", batch.id)
        try:
            calls = links.calls(batch.system, link, batch.mark) if batch.mark is not None else None
        except NotEvaluatedError:
            calls = None
        batch_checks.at_once(checks, batch, link, calls)
        checks.conclude()
