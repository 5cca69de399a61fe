"""Labelled rows, their scores, and the registry of models."""

import math
from types import SimpleNamespace

import pytest

from PromptCraftLibrary.analytics import predictions
from PromptCraftLibrary.analytics.predictions import Scored
from theodore_qa.errors import NotEvaluatedError, QaError, UsageError


def test_rows_of_a_file(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("ms,label\n12,ok\n13.5,bad\n", encoding="utf-8")
    rows = predictions.rows_of(str(file), "label")
    assert rows == [{"ms": "12", "label": "ok"}, {"ms": "13.5", "label": "bad"}]
    assert [predictions.number(row["ms"]) for row in rows] == [12.0, 13.5]
    assert predictions.number("red") == "red"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ms,lable\n1,ok\n", "There is no column 'label' in the labelled rows: did you mean 'lable'"),
        ("ms,label\n1,\n", "A row has no label"),
        ("label\nok\n", "A row has no label, no feature"),
        ("ms,label\n1,ok,3\n", "more values than names"),
    ],
)
def test_rows_that_are_written_wrongly(tmp_path, text, message):
    file = tmp_path / "rows.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(QaError, match=message):
        predictions.rows_of(str(file), "label")


@pytest.mark.parametrize("text", ["", "ms,label\n"])
def test_no_rows_are_not_evaluated(tmp_path, text):
    file = tmp_path / "rows.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(NotEvaluatedError, match="no labelled rows"):
        predictions.rows_of(str(file), "label")


@pytest.mark.parametrize("data", ["/no/such/file.csv", 3, [1, 2], None])
def test_what_is_no_table(data):
    with pytest.raises(UsageError, match="cannot be read|Give a CSV file"):
        predictions.rows_of(data, "label")


def test_a_score_counts_what_is_the_label():
    scored = Scored(["a", "b", "b"], ["a", "a", ""])
    assert (scored.right.hits, scored.right.tried) == (1, 3)


def test_equal_shares_are_stable_and_a_constant_model_drifts():
    labels = ["a"] * 60 + ["b"] * 40
    assert Scored(labels, labels[::-1]).drift == pytest.approx(0)
    assert Scored(labels, ["a"] * 100).drift > 0.2
    assert predictions.stability({"a": 50, "b": 50}, {"a": 60, "b": 40}) == pytest.approx(0.1 * math.log(1.2) - 0.1 * math.log(0.8))
    assert predictions.stability({}, {"a": 1}) == math.inf


class Registry:
    """A registry that answers once."""

    def __init__(self, status, body, problem=""):
        self.answer = SimpleNamespace(status=status, body=body, problem=problem, excerpt=lambda: str(body))
        self.paths = []

    def send(self, method, path):
        self.paths.append(f"{method} {path}")
        return self.answer


def registered(monkeypatch, registry):
    system = SimpleNamespace(beside=lambda _: registry)
    monkeypatch.setattr(predictions, "context", SimpleNamespace(system=system))
    return predictions.registered("http://127.0.0.1:5000/", "my model", "production")


def test_the_version_of_an_alias(monkeypatch):
    registry = Registry(200, {"model_version": {"name": "my model", "version": "7"}})
    assert registered(monkeypatch, registry) == "7"
    assert registry.paths == ["GET /api/2.0/mlflow/registered-models/alias?name=my%20model&alias=production"]


@pytest.mark.parametrize(
    ("status", "body", "problem"), [(404, {"error_code": "RESOURCE_DOES_NOT_EXIST"}, ""), (200, {}, ""), (200, "ok", ""), (0, None, "refused")]
)
def test_a_registry_without_a_version_is_not_evaluated(monkeypatch, status, body, problem):
    with pytest.raises(NotEvaluatedError, match="Expected a version of my model as production"):
        registered(monkeypatch, Registry(status, body, problem))
