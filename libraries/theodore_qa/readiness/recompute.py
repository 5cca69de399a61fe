"""The score of a readiness.json computed anew from its tests alone, by arithmetic of its own, and held against what it says."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def differences(path: Path) -> list[str]:
    """A sentence for each figure of a readiness.json that does not follow from its tests, gates and weights.

    Raises:
        UsageError: the file is no readiness.json.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return list(_differences(data))
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
        raise UsageError(f"The file {path} is no readiness.json: {error}.") from None


def _differences(data: dict[str, Any]) -> Iterator[str]:
    bottom = top = weights = Fraction(0)
    known = {area["id"] for area in data["areas"]}
    for test in data["tests"]:
        if test["area"] not in known:
            yield f"The test {test['name']} belongs to the area {test['area']}, which is not listed."
    for area in data["areas"]:
        own = [test for test in data["tests"] if test["area"] == area["id"]]
        good = _sum(own, lambda verdict: verdict == "PASS")
        bad = _sum(own, lambda verdict: verdict == "FAIL")
        rest = _sum(own, lambda verdict: verdict not in ("PASS", "FAIL"))
        everything = good + bad + rest
        low, high = (good / everything, (good + rest) / everything) if everything else (Fraction(0), Fraction(1))
        figures = {"passed": good, "failed": bad, "unknown": rest}
        ends = {"low": _cents(low, up=False), "high": _cents(high, up=True)}
        for name, value in (figures | ends).items():
            yield from _compared(f"areas.{area['id']}.{name}", value, area[name])
        counts = {verdict: sum(test["verdict"] == verdict for test in own) for verdict in {test["verdict"] for test in own}}
        if counts != area["tests"]:
            yield f"The entry areas.{area['id']}.tests is {area['tests']}, computed {counts}."
        weight = Fraction(str(area["weight"]))
        bottom, top, weights = bottom + weight * low, top + weight * high, weights + weight
    yield from _score(data, _cents(bottom / weights, up=False), _cents(top / weights, up=True))
    yield from _verdicts(data)


def _score(data: dict[str, Any], low: Fraction, high: Fraction) -> Iterator[str]:
    evaluated = any(test["verdict"] in ("PASS", "FAIL") for test in data["tests"] + data["tests_of_no_area"])
    if data["problems"] or not evaluated:
        why = "the run is incomplete" if data["problems"] else "nothing was observed"
        for name in ("score", "label"):
            if data[name] is not None:
                yield f"The entry {name} is {data[name]}, computed none: {why}."
        return
    if data["score"] is None:
        yield f"The entry score is none, computed {float(low):g} to {float(high):g}."
        return
    yield from _compared("score.low", low, data["score"]["low"])
    yield from _compared("score.high", high, data["score"]["high"])
    capping = [gate["id"] for gate in data["gates"] if gate["critical"] and gate["verdict"] == "FAIL"]
    if capping != data["capped_by"]:
        yield f"The entry capped_by is {data['capped_by']}, computed {capping}."
    reached = [step for step in data["labels"] if capping == [] and low >= Fraction(str(step["from"]))]
    best = max(reached, key=lambda step: float(step["from"]), default=min(data["labels"], key=lambda step: float(step["from"])))
    label = None if data["sandbox"] else best["label"]
    if label != data["label"]:
        yield f"The entry label is {data['label']}, computed {label}."


def _verdicts(data: dict[str, Any]) -> Iterator[str]:
    """The verdict of each gate that was fed by tests, against those tests."""
    listed = {_words(test) for test in data["tests"] + data["tests_of_no_area"]}
    for gate in data["gates"]:
        for test in gate["tests"]:
            if _words(test) not in listed:
                yield f"The gate {gate['id']} says {test['verdict']} of {test['name']}, which the list of tests does not."
        if gate["verdict"] == "PASS" and any(test["verdict"] not in ("PASS", "FAIL") for test in gate["tests"]):
            yield f"The gate {gate['id']} is PASS, computed NOT EVALUATED: not all tests that feed it have a verdict."
        if gate["verdict"] == "PASS" and gate["n"] < gate["minimum"]:
            yield f"The gate {gate['id']} is PASS, computed NOT EVALUATED: it rests on {gate['n']} values of {gate['minimum']}."


def _words(test: dict[str, Any]) -> tuple[Any, ...]:
    return test["source"], test["line"], test["name"], test["verdict"]


def _sum(tests: list[dict[str, Any]], holds: Any) -> Fraction:
    return sum((Fraction(str(test["weight"])) for test in tests if holds(test["verdict"])), Fraction(0))


def _cents(share: Fraction, *, up: bool) -> Fraction:
    """A share in percent with two digits, rounded up or down."""
    whole, rest = divmod(share.numerator * 10_000, share.denominator)
    return Fraction(whole + (1 if up and rest else 0), 100)


def _compared(name: str, computed: Fraction, stated: Any) -> Iterator[str]:
    if Fraction(str(stated)) != computed:
        yield f"The entry {name} is {float(stated):g}, computed {float(computed):g}."
