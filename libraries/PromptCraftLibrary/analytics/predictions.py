"""Predictions of a model behind an endpoint, scored on rows whose labels are known, and what the model says of itself."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

from PromptCraftLibrary.analytics import columns
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, unknown, UsageError
from theodore_qa.statistics import Share
from theodore_qa.systems import pointers, vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from theodore_qa.systems.exchange import Exchange

OK = 200
LEAST_SHARE = 1e-4  # in place of a share of nothing, whose logarithm there is not
ALIAS = "/api/2.0/mlflow/registered-models/alias"


@dataclass
class Scored:
    """Rows with their labels, and what was predicted of each."""

    labels: list[str] = field(default_factory=list)
    predicted: list[str] = field(default_factory=list)
    answers: list[Exchange] = field(default_factory=list)

    @property
    def right(self) -> Share:
        """How many predictions are the label."""
        return Share(sum(map(str.__eq__, self.labels, self.predicted)), len(self.labels))

    @property
    def drift(self) -> float:
        """The population stability index of the predictions against the labels: 0 for equal shares, above 0.2 for others."""
        return stability(Counter(self.labels), Counter(self.predicted))


def stability(expected: Mapping[str, int], observed: Mapping[str, int]) -> float:
    """The population stability index of two counts of kinds."""
    total = [sum(counts.values()) for counts in (expected, observed)]
    if not all(total):
        return math.inf
    index = 0.0
    for kind in {*expected, *observed}:
        before, after = (
            max(counts.get(kind, 0) / whole, LEAST_SHARE) for counts, whole in zip((expected, observed), total, strict=True)
        )
        index += (after - before) * math.log(after / before)
    return index


def rows_of(data: Any, label: str) -> list[dict[str, Any]]:
    """The rows of a CSV file or of a list, each with a label and at least one feature."""
    try:
        rows = [dict(row) for row in (columns.from_csv(data) if isinstance(data, str) else data)]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The file {data} cannot be read: {error}.") from None
    except (TypeError, ValueError):
        raise UsageError("Give a CSV file with a line of names, or a list of dictionaries.") from None
    if not rows:
        raise NotEvaluatedError("There are no labelled rows: nothing can be scored.")
    for row in rows:
        if label not in row:
            raise unknown("column", label, row, "the labelled rows")
        if row[label] in (None, "") or None in row or len(row) < 2:  # noqa: PLR2004  # a label and a feature
            raise UsageError(f"A row has no label, no feature, or more values than names: {row}.")
    return rows


def number(value: Any) -> Any:
    """A value of a CSV file as a number where it is one."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def scored(rows: Sequence[Mapping[str, Any]], label: str, identity: str | None) -> Scored:
    """Request a prediction for each row; an answer without one is kept as an empty prediction."""
    words = vocabulary.of(context.system)
    method, _, path = str(words.needed("predictions.operation")).partition(" ")
    found, token = Scored(), context.system.token(identity)
    for row in rows:
        features = {name: number(value) for name, value in row.items() if name != label}
        body = {str(words.needed("predictions.features")): features}
        answer = context.system.request(method, path, json_body=body, token=token)
        value = pointers.found(answer.body, str(words.needed("predictions.prediction"))) if answer.status == OK else None
        found.labels.append(str(row[label]))
        found.predicted.append("" if value is None else str(value))
        found.answers.append(answer)
    return found


def registered(registry: str, model: str, alias: str) -> str:
    """The version of a model that an MLflow registry has under an alias."""
    client = context.system.beside(registry.rstrip("/"))
    path = f"{ALIAS}?name={quote(model, safe='')}&alias={quote(alias, safe='')}"
    answer = client.send("GET", path)
    version = pointers.found(answer.body, "model_version.version") if answer.status == OK else None
    if version is None:
        seen = answer.problem or f"{answer.status} with {answer.excerpt()}"
        raise NotEvaluatedError(f"Expected a version of {model} as {alias} from {registry}, observed {seen}.")
    return str(version)
