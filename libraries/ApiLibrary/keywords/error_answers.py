"""Keywords that lay a system's error answers beside each other."""

from __future__ import annotations

from robotlibcore import keyword

from ApiLibrary import error_answers, requests
from theodore_qa.context import context
from theodore_qa.observing.checks import Checks

MOST_SHOWN = 6


class ErrorAnswerKeywords:
    """Error answers compared with each other and with successes."""

    @keyword(tags=("contract", "error"))
    def errors_should_have_one_shape(self, *refused: str) -> None:
        """Provokes errors of several kinds and checks that all have the same fields, of the same kinds.

        The list of details that the conventions name, such as that of a validation error, may be there or not.

        Args:
            refused: Requests that are refused, at least two: ``STATUS IDENTITY METHOD PATH`` with a JSON body behind it where
                there is one. OPTIONS is sent as the preflight of a page from another origin.

        Raises:
            CheckFailedError: An answer has another status than the one written, or there is more than one shape; each shape is
                named with the answers that have it.
            UsageError: A value is not of this form, or there are fewer than two.

        Example:

        ```robotframework
        Errors Should Have One Shape    401 NOBODY GET /auth/profile    404 analyst GET /no-such-path
        ```
        """
        checks = Checks("Errors", context.system.name)
        answers = error_answers.provoke(checks, refused)
        found = error_answers.shapes(answers)
        listed = "; ".join(f"{{{form}}} for {', '.join(whose)}" for form, whose in found.items())
        count = "1 shape" if len(found) == 1 else f"{len(found)} shapes"
        checks.that("api.errors.one_shape", len(found) == 1, "1 shape", f"{count}: {listed}", n=len(answers))
        checks.conclude()

    @keyword(tags=("contract", "error", "header"))
    def errors_should_carry_the_headers_of_a_success(self, success: str, *refused: str, identity: str | None = None) -> None:
        """Provokes errors and checks that each carries the protective headers that a success carries.

        A success without any protective header is NOT EVALUATED: what errors should carry is then not known.

        Args:
            success: A request that succeeds, such as ``GET /version``.
            refused: Requests that are refused, as in `Errors Should Have One Shape`.
            identity: The identity that sends ``success``; by default the first one of the system.

        Example:

        ```robotframework
        Errors Should Carry The Headers Of A Success    GET /version    401 NOBODY GET /auth/profile    404 analyst GET /none
        ```
        """
        checks = Checks("Headers of errors", context.system.name)
        model = requests.sent(success, identity=identity)
        if not checks.that("api.errors.success", model.ok, f"success for {success}", f"status {model.status}"):
            checks.conclude()
        carried = [name for name in error_answers.PROTECTIVE if name in model.headers]
        if not carried:
            checks.not_evaluated(
                "api.errors.headers", "protective headers on the success", f"none on {error_answers.named(model)}"
            )
            checks.conclude()
        answers = error_answers.provoke(checks, refused)
        judged = {error_answers.named(answer): error_answers.unprotected(answer, model) for answer in answers}
        bare = {name: missing for name, missing in judged.items() if missing}
        listed = "; ".join(f"{', '.join(missing)} missing on {name}" for name, missing in list(bare.items())[:MOST_SHOWN])
        observed = listed or f"{', '.join(carried)} on {len(answers)} of {len(answers)} errors"
        checks.that("api.errors.headers", not bare, "the protective headers of a success on each error", observed, n=len(answers))
        checks.conclude()
