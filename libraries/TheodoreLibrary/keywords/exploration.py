"""Keywords that explore Theodore by a reference model of its contract."""

from __future__ import annotations

import random
from datetime import timedelta  # Robot converts arguments by these hints
from pathlib import Path
from typing import TYPE_CHECKING

from robot.api import logger
from robotlibcore import keyword

from theodore_qa import paths
from theodore_qa.builtin import builtin
from theodore_qa.errors import QaError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder

if TYPE_CHECKING:
    from TheodoreLibrary.exploration.engine import Exploration

STEPS, WITHIN = 300, timedelta(minutes=10)
COULD_NOT = "COULD NOT BE REPLAYED"


class ExplorationKeywords:
    """Random sequences of operations, compared with a model."""

    @keyword(tags=("exploration",))
    def explore_theodore(self, *identities: str, steps: int = STEPS, within: timedelta = WITHIN, seed: int | None = None) -> int:
        """Sends a random sequence of valid, boundary and invalid operations and compares each answer with a reference model.

        The model is written from Theodore's contract alone: accounts, sessions, API keys and scopes, jobs and their states,
        discovery and filters, plugins and pages, configuration, limits and tenants. A failure is shrunk to the shortest sequence,
        which is shown as numbered steps and as a test to paste, and saved for `Replay Exploration`. What exists is read first,
        and what was changed is put back. Passwords, plugins and configuration are changed only where the environment allows
        ``destructive``.

        Args:
            identities: The identities that send the operations; by default the first one of the environment, an
                administrator, a colleague, and somebody of another tenant, as far as there are any.
            steps: The number of operations; 300 by default.
            within: The longest time; no further operation is drawn after it. 10 minutes by default.
            seed: A whole number; the same seed draws the same operations. Random by default, and shown in the log.

        Returns:
            The seed.

        Raises:
            QaError: An answer differs from the model.

        Example:

        ```robotframework
        Explore Theodore    steps=60    seed=7
        ```
        """
        if steps < 1:
            raise UsageError(f"An exploration has at least 1 step, and was given {steps}.")
        chosen = random.SystemRandom().randrange(10**6) if seed is None else seed
        logger.info(f"Exploration seed: {chosen}", also_console=False)
        from TheodoreLibrary.exploration import engine, live  # the model takes a while to import

        done = engine.explore(lambda: live.new_world(identities), live.LiveChannel(), chosen, steps, within.total_seconds())
        live.forget(done.outcome.steps)
        logger.info(f"{len(done.outcome.steps)} of {steps} steps were taken.")
        checks = Checks("Exploration", f"seed {chosen}")
        _record(checks, done)
        _conclude(checks, done, _folder() / f"seed-{chosen}.json")
        return chosen

    @keyword(tags=("exploration",))
    def replay_exploration(self, file: Path) -> str:
        """Takes the steps of a failed exploration again, in new sessions and with new names, and says whether they still fail.

        Args:
            file: A file that `Explore Theodore` has saved, such as results/evidence/explorations/seed-7.json.

        Returns:
            FIXED: all steps were taken and agree with the model.

        Raises:
            QaError: FAILED STILL: the same check fails.
            NotEvaluatedError: COULD NOT BE REPLAYED: another check fails before, or a step lacks what it needs.

        Example:

        ```robotframework
        Replay Exploration    ${failure}
        ```
        """
        from TheodoreLibrary.exploration import engine, live, report

        saved = report.load(paths.project() / file)
        done = engine.replay(lambda: live.new_world(saved["identities"]), live.LiveChannel(), saved["steps"])
        live.forget(done.outcome.steps)
        checks = Checks("Replay", file.name)
        differs = done.failure.difference if done.failure else None
        expected = f"{saved['check']}: {saved.get('expected')}"
        if differs and differs.check == saved["check"]:
            checks.that("explore.replay", holds=False, expected=expected, observed=f"FAILED STILL: {differs.observed}")
        elif differs:
            checks.not_evaluated(
                "explore.replay", expected, f"{COULD_NOT}: {differs.check} expected {differs.expected}, was {differs.observed}"
            )
        elif done.outcome.skipped or done.outcome.limited or not done.outcome.steps:
            missing = len(done.outcome.skipped) + done.outcome.limited
            checks.not_evaluated(
                "explore.replay", expected, f"{COULD_NOT}: {missing} of {len(saved['steps'])} steps could not be taken"
            )
        else:
            checks.that("explore.replay", holds=True, expected=expected, observed="FIXED", n=len(done.outcome.steps))
        checks.conclude()
        return "FIXED"


def _record(checks: Checks, done: Exploration) -> None:
    """Each compared property as a check; those that do not hold with what differs."""
    differs = {difference.check: difference for difference in done.outcome.differences}
    if done.failure:
        differs[done.failure.difference.check] = done.failure.difference
    for check, count in sorted(done.judge.counts.items()):
        expected, observed = done.judge.examples[check]
        if difference := differs.get(check):
            expected, observed = difference.expected, difference.observed
        checks.that(check, check not in differs, expected, observed, n=count)
    left = list(dict.fromkeys(done.not_put_back))
    checks.that("explore.put_back", not left, "everything as it was before", "; ".join(left) or "everything as it was before")


def _conclude(checks: Checks, done: Exploration, path: Path) -> None:
    try:
        checks.conclude()
    except QaError as error:
        if done.failure is None:
            raise
        from TheodoreLibrary.exploration import report
        from TheodoreLibrary.exploration.robot_test import robot_test

        failure = done.failure
        report.save(path, done.seed, failure)
        again = "" if failure.reproduced else " It was seen once, and not again in a replay."
        raise type(error)(
            f"{error}\n\n{failure.first_length} steps, shrunk to {len(failure.steps)} by {done.replays} replays.{again}\n"
            f"{report.numbered(failure)}\n\nAs a test:\n{robot_test(failure, f'Exploration {done.seed}')}\n\n"
            f"After a correction: Replay Exploration    {path}"
        ) from None


def _folder() -> Path:
    if recorder.writer:
        return recorder.writer.folder / "explorations"
    return Path(builtin().get_variable_value("${OUTPUT DIR}", ".")) / "explorations"
