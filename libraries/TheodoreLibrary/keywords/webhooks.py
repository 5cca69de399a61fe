"""Keywords for webhooks: received, looked at and counted."""

from __future__ import annotations

import os
import time
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import conventions
from theodore_qa.timing import show
from TheodoreLibrary import batches, jobs
from TheodoreLibrary.batches import Batch  # Robot converts arguments by these hints
from TheodoreLibrary.webhook_receiver import OK, Receiver  # Robot converts arguments by these hints

WITHIN = timedelta(seconds=10)
SETTLE = timedelta(seconds=1)
FRESH = 300.0  # seconds that a timestamp may be away, by standardwebhooks.com
KEY = "THEODORE_WEBHOOK_KEY"
NUMBERS = (batches.COMPLETED, batches.FAILED, "status", "total_companies")
ALSO_TOLD = (batches.PENDING, "job_type")


class WebhookKeywords:
    """Webhooks of batches."""

    @keyword(tags=("batch", "precondition"))
    def open_webhook_receiver(self, *statuses: int) -> Receiver:
        """Opens a receiver of webhooks on a free port of this machine. It is closed when the test ends.

        A sound system calls no address of the inner network by itself: permit the receiver's by `Permit Address`.

        Args:
            statuses: The statuses of its first answers, such as 503; all later ones are 200.

        Returns:
            The receiver. It has ``${receiver.address}``.

        Example:

        ```robotframework
        ${receiver} =    Open Webhook Receiver
        Permit Address    ${receiver.address}
        ${batch} =    Start Batch Research    ${{["Siemens"]}}    webhook_url=${receiver.address}
        Follow Batch    ${batch}
        Webhook Should Have Come    ${receiver}    ${batch}
        ```
        """
        receiver = Receiver(list(statuses))
        context.at_test_end(f"the {receiver} could not be closed", receiver.close)
        return receiver

    @keyword(tags=("batch",))
    def webhook_should_have_come(
        self,
        receiver: Receiver,
        batch: Batch,
        *,
        key_env: str = KEY,
        within: timedelta = WITHIN,
        settle: timedelta = SETTLE,
    ) -> None:
        """Checks that the end of a batch was told to the receiver, signed, with true numbers, and once it was taken not again.

        Each delivery must be signed as standardwebhooks.com has it, with the key and a fresh timestamp, and have the same
        identifier. A type that names an end must name that of the batch. As many must have come as the receiver refused, and
        one that it took. Where the key is not known, the signature is NOT EVALUATED.

        Args:
            receiver: A receiver that `Open Webhook Receiver` opened.
            batch: A batch that was started with the receiver's address as its ``webhook_url``, and has ended.
            key_env: The environment variable that holds the key; THEODORE_WEBHOOK_KEY by default, which the embedded sandbox has.
            within: The longest time to wait for a delivery that is taken; 10 seconds by default.
            settle: The time during which no other may come; 1 second by default.

        Example:

        ```robotframework
        ${receiver} =    Open Webhook Receiver    ${503}
        Permit Address    ${receiver.address}
        ${batch} =    Start Batch Research    ${{["Siemens"]}}    webhook_url=${receiver.address}
        Follow Batch    ${batch}
        Webhook Should Have Come    ${receiver}    ${batch}
        ```
        """
        if batch.status not in batches.FINAL:
            raise UsageError(f"The {batch} has not ended: call Follow Batch first.")
        receiver.wait(batch.id, within.total_seconds())
        time.sleep(settle.total_seconds())
        came = receiver.of(batch.id)
        statuses = [delivery.status for delivery in came]
        checks = Checks("Webhook", batch.id)
        expected = [status for status in receiver.statuses if status != OK] + [OK]
        checks.that(
            "webhook.delivered", statuses == expected, f"deliveries answered {written(expected)}", written(statuses), n=len(came)
        )
        if not came:
            checks.conclude()
        event = came[-1].event
        claimed = {name: event.get(name) for name in NUMBERS}
        true = {name: batch.state.get(name) for name in NUMBERS}
        checks.that("webhook.numbers", claimed == true, written(true), written(claimed))
        _same_end(checks, event, batch)
        names = {delivery.headers.get("webhook-id", "") for delivery in came}
        checks.that("webhook.identifier", len(names) == 1 and "" not in names, "one identifier", written(names), n=len(came))
        ages = [abs(delivery.at - _seconds(delivery.headers.get("webhook-timestamp"))) for delivery in came]
        fresh = all(age <= FRESH for age in ages)
        checks.that(
            "webhook.timestamp", fresh, f"timestamps within {show(FRESH)}", f"{max(ages):.0f} s away at most", n=len(ages)
        )
        key = os.environ.get(key_env, "")
        if not key:
            checks.not_evaluated("webhook.signed", "a signature with the key", f"the environment variable {key_env} is not set")
        else:
            signed = sum(delivery.signed_by(key) for delivery in came)
            checks.that(
                "webhook.signed", signed == len(came), plural(len(came), "signed delivery"), f"{signed} signed", n=len(came)
            )
            other = sum(delivery.signed_by(f"not {key}") for delivery in came)
            checks.that("webhook.key_matters", other == 0, "0 signed with another key", f"{other} signed", n=len(came))
        checks.conclude()

    @keyword(tags=("batch",))
    def webhook_should_have_been_given_up(
        self, receiver: Receiver, batch: Batch, *, tries: int = 1, within: timedelta = WITHIN, settle: timedelta = SETTLE
    ) -> None:
        """Checks that the end of a batch was sent so often to a receiver that never takes it, and then no more.

        What is refused for good, as by 400, is sent once; for the moment, as by 503, five times at most (source: POST
        /batch/research of Theodore's document).

        Args:
            receiver: A receiver that refuses at least so many deliveries.
            batch: A batch that was started with the receiver's address as its ``webhook_url``, and has ended.
            tries: How many deliveries there may be, no more and no fewer; 1 by default.
            within: The longest time to wait for the last delivery; 10 seconds by default.
            settle: The time after it during which no other may come; 1 second by default.

        Raises:
            UsageError: The batch has not ended, or the receiver refuses fewer deliveries.

        Example:

        ```robotframework
        ${receiver} =    Open Webhook Receiver    ${400}
        Permit Address    ${receiver.address}
        ${batch} =    Start Batch Research    ${{["Siemens"]}}    webhook_url=${receiver.address}
        Follow Batch    ${batch}
        Webhook Should Have Been Given Up    ${receiver}    ${batch}
        ```
        """
        if batch.status not in batches.FINAL:
            raise UsageError(f"The {batch} has not ended: call Follow Batch first.")
        if tries < 1:
            raise UsageError(f"The argument 'tries' of Webhook Should Have Been Given Up: expected 1 or more, observed {tries}.")
        expected = receiver.statuses[:tries]
        if len(expected) < tries or OK in expected:
            raise UsageError(
                f"Webhook Should Have Been Given Up needs a receiver that refuses at least {plural(tries, 'delivery')}: "
                "open it with as many statuses, such as 400 or 503."
            )
        jobs.watch(within.total_seconds(), lambda: len(receiver.of(batch.id)) >= tries)
        time.sleep(settle.total_seconds())
        statuses = [delivery.status for delivery in receiver.of(batch.id)]
        checks = Checks("Webhook", batch.id)
        checks.that(
            "webhook.given_up", statuses == expected, f"deliveries answered {written(expected)}", written(statuses),
            n=len(statuses),
        )  # fmt: skip
        checks.conclude()

    @keyword(tags=("batch",))
    def webhook_should_not_have_come(self, receiver: Receiver, batch: Batch, *, settle: timedelta = SETTLE) -> None:
        """Checks that the system called no receiver whose address nobody had permitted (server-side request forgery).

        The receiver must be reachable: a delivery of our own is taken first.

        Args:
            receiver: A receiver whose address was not permitted.
            batch: A batch that was started with it as its ``webhook_url``, and has ended.
            settle: The time to wait; 1 second by default.

        Example:

        ```robotframework
        ${receiver} =    Open Webhook Receiver
        ${batch} =    Start Batch Research    ${{["Siemens"]}}    webhook_url=${receiver.address}
        Follow Batch    ${batch}
        Webhook Should Not Have Come    ${receiver}    ${batch}
        ```
        """
        if batch.status not in batches.FINAL:
            raise UsageError(f"The {batch} has not ended: call Follow Batch first.")
        time.sleep(settle.total_seconds())
        came = receiver.of(batch.id)
        checks = Checks("Webhook", batch.id)
        reached = receiver.reached()
        checks.that("webhook.reachable", reached, "a receiver that takes deliveries", "taken" if reached else "not taken")
        checks.that("webhook.not_permitted", not came, "0 deliveries", plural(len(came), "delivery"))
        checks.conclude()


def _same_end(checks: Checks, event: dict[str, Any], batch: Batch) -> None:
    """Whatever else the event says of the batch is so: its type names no other end than the batch had."""
    claimed = {name: event[name] for name in ALSO_TOLD if name in event}
    true = {name: batch.state.get(name) for name in claimed}
    if claimed:
        checks.that("webhook.also_reported", claimed == true, written(true), written(claimed), n=len(claimed))
    if "completed_at" in event:
        moments = [event["completed_at"], batch.state.get("completed_at")]
        try:
            same = len({conventions.instant(str(moment)) for moment in moments}) == 1
        except ValueError:
            same = False
        checks.that("webhook.completed_at", same, written(moments[1]), written(moments[0]))
    end = str(event.get("type") or "").rpartition(".")[2]
    if end in batches.FINAL:
        checks.that("webhook.type", end == batch.status, f"a type that ends with {batch.status}", event["type"])


def _seconds(text: str | None) -> float:
    """A timestamp of a header; 0 where there is none."""
    return float(text) if text and text.isdigit() else 0.0
