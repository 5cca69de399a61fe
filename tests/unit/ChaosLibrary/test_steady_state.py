"""How a probe judges an answer."""

import httpx
import pytest

from ChaosLibrary.steady_state import Caller, ProbeOutcome, SteadyStateProbe


def judged(monkeypatch, answer, caller=None, *, took=0.0, **probe):
    moments = iter([100.0, *[100.0 + took] * 20])
    monkeypatch.setattr("ChaosLibrary.steady_state.time.monotonic", lambda: next(moments))
    monkeypatch.setattr(httpx.Client, "request", lambda *_, **__: answer)
    sample = SteadyStateProbe("p", "GET", "/", **probe).once(caller or Caller("http://127.0.0.1"))
    return sample.outcome, sample.detail


def test_within_is_a_limit(monkeypatch):
    good = httpx.Response(200, json={"bytes": 1})
    assert judged(monkeypatch, good, took=3.0, within=3.0) == (ProbeOutcome.GOOD, "")
    late = judged(monkeypatch, good, took=3.02, within=3.0)
    assert late == (ProbeOutcome.SILENT, "the answer took 3.02 s, expected within 3 s")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.Response(204), ProbeOutcome.GOOD),
        (httpx.Response(200, json={}), ProbeOutcome.WRONG),
        (httpx.Response(503, text="<html>"), ProbeOutcome.OPEN),
        (httpx.Response(404), ProbeOutcome.OPEN),
    ],
)
def test_a_system_of_ones_own_has_its_own_status_and_errors(monkeypatch, answer, outcome):
    assert judged(monkeypatch, answer, status=204)[0] == outcome


@pytest.mark.parametrize(("repeated", "outcome"), [(503, ProbeOutcome.OPEN), (200, ProbeOutcome.WRONG)])
def test_errors_that_repeat_their_status_repeat_it_truly(monkeypatch, repeated, outcome):
    answer = httpx.Response(503, json={"code": repeated})
    assert judged(monkeypatch, answer, Caller("http://127.0.0.1", status_field="code"))[0] == outcome
