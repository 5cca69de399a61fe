"""Keywords for a model behind a prediction endpoint."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from robotlibcore import keyword

from PromptCraftLibrary.analytics import predictions
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.statistics import needed
from theodore_qa.systems import conformance, pointers, vocabulary

GATE, STABLE = 0.95, 0.2
YEAR = timedelta(days=365)


class PredictionKeywords:
    """Predictions, scored on labelled rows."""

    @keyword(tags=("analytics",))
    def predictions_should_be_accurate(
        self, data: Any, *, label: str = "label", at_least: float = GATE, identity: str | None = None
    ) -> None:
        """Requests a prediction for each labelled row, and checks that the model is proved to be right often enough.

        Proved means that the lower bound at 95 % confidence (exact, one-sided) reaches ``at_least``. Beside that the predictions
        must not drift: the population stability index of their kinds against those of the labels is at most 0.2. Labels of one
        kind alone prove nothing, since a model that always says the same would be right. Where predictions are requested says the
        vocabulary's ``predictions``.

        Args:
            data: A CSV file with a line of names, or a list of dictionaries; each column but the label is a feature.
            label: The column of the label; ``label`` by default.
            at_least: The gate; 0.95 by default.
            identity: Who requests them; by default the first identity of the environment.

        Raises:
            CheckFailedError: The model is not accurate enough, or drifts.
            NotEvaluatedError: There are too few rows to prove it, or labels of one kind alone.

        Example:

        ```robotframework
        ${slow} =    Evaluate    [{"processing_time_ms": 9000 + n, "test_success_rate": 1, "label": "failed"} for n in range(30)]
        ${fast} =    Evaluate    [{"processing_time_ms": 90 + n, "test_success_rate": 1, "label": "completed"} for n in range(30)]
        ${rows} =    Evaluate    $slow + $fast
        Predictions Should Be Accurate    ${rows}    identity=analyst
        ```
        """
        if not 0 < at_least < 1:
            raise UsageError(f"at_least is {at_least:g}, expected a share between 0 and 1.")
        rows = predictions.rows_of(data, label)
        scored = predictions.scored(rows, label, identity)
        checks = Checks("Predictions", plural(len(rows), "labelled row"))
        lacking = [answer for answer, value in zip(scored.answers, scored.predicted, strict=True) if not value]
        observed = f"{len(lacking)} without, the first {lacking[0].status}" if lacking else plural(len(rows), "prediction")
        checks.that("predictions.answered", not lacking, "a prediction for each row", observed, n=len(rows))
        conformance.conform(checks, "predictions.contract", *scored.answers)
        kinds, due = Counter(scored.labels), needed(at_least)
        if len(kinds) < 2 or len(rows) < due:  # noqa: PLR2004  # one kind can be guessed
            few = f"{plural(len(rows), 'row')} with {plural(len(kinds), 'label')}"
            condition = f"at least {plural(due, 'row')} with two labels or more"
            checks.not_evaluated("predictions.accuracy", condition, few)
        else:
            right = scored.right
            expected, observed = f"proved to be at least {at_least:.0%}", f"{right}, at least {right.lower_bound:.1%}"
            checks.that("predictions.accuracy", right.lower_bound >= at_least, expected, observed, n=right.tried)
            drift, shares = scored.drift, dict(sorted(Counter(scored.predicted).items()))
            expected = f"a stability index of at most {STABLE:g}"
            observed = f"{drift:.3f}: {written(shares)} for {written(dict(sorted(kinds.items())))}"
            checks.that("predictions.drift", drift <= STABLE, expected, observed, n=len(rows))
        checks.conclude()

    @keyword(tags=("analytics",))
    def model_should_be_current(
        self,
        features: Any,
        *,
        max_age: timedelta = YEAR,
        registry: str = "",
        alias: str = "production",
        identity: str | None = None,
    ) -> None:
        """Requests one prediction and refuses the model behind it if it is outdated.

        The answer has to state the model's name, its version and when it was trained. With ``registry`` its version has to be the
        one that an MLflow registry has under an alias.

        Args:
            features: The features of one row, as a dictionary.
            max_age: How long ago it may have been trained; a year by default.
            registry: The address of an MLflow server, among the environment's hosts; without it none is read.
            alias: The alias in the registry; production by default.
            identity: Who requests the prediction; by default the first identity of the environment.

        Raises:
            CheckFailedError: The model is too old, says nothing of itself, or is another than the registry's.
            NotEvaluatedError: The registry does not answer with a version.

        Example:

        ```robotframework
        VAR    &{features}    processing_time_ms=${200}    test_success_rate=${1}
        Model Should Be Current    ${features}    max_age=90 days    identity=analyst
        ```
        """
        words = vocabulary.of(context.system)
        answer = predictions.scored([{**features, "label": ""}], "label", identity).answers[0]
        checks = Checks("Model")
        conformance.answered(checks, "predictions.model_answered", predictions.OK, answer)
        conformance.conform(checks, "predictions.contract", answer)
        about = {name: pointers.found(answer.body, str(words.needed(f"predictions.{name}"))) for name in ("name", "version")}
        stated = pointers.found(answer.body, str(words.needed("predictions.trained_at")))
        checks.that("predictions.model_stated", all(about.values()), "the model's name and version", written(about))
        try:
            trained = dt.datetime.fromisoformat(str(stated))
            age = dt.datetime.now(dt.UTC) - trained.astimezone(dt.UTC)
        except ValueError:
            checks.that("predictions.model_age", False, "when it was trained", written(stated))
        else:
            recent = -timedelta(seconds=context.environment.clock_tolerance) <= age <= max_age
            checks.that("predictions.model_age", recent, f"trained {max_age.days} days ago at most", f"{age.days} days ago")
        if registry:
            version = predictions.registered(registry, str(about["name"]), alias)
            checks.equal("predictions.model_registered", version, str(about["version"]))
        checks.conclude()
