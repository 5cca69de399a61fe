"""A report of ZAP lets its gate pass only if it is of this system, younger than the build, and of every operation."""

import datetime as dt
import json

import pytest
from judged_runs import finished

from theodore_qa.readiness import assessing, inputs
from theodore_qa.systems import environment

URL = "http://127.0.0.1:8123"
OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "paths": {"/pens": {"get": {"responses": {"200": {"description": "ok"}}}}, "/pens/{id}": {"delete": {"responses": {"204": {"description": "gone"}}}}},
}
ALL = (f"{URL}/pens?page=2", f"{URL}/pens/7")
BUILD = "1.4.2 2026-03-01T10:00:00Z"
SCANNED, EARLIER = "2026-03-02T08:00:00Z", "2026-02-28T08:00:00Z"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run on a shop with two operations and a build that says when it was made."""
    monkeypatch.setenv("THEODORE_PROJECT", str(tmp_path))
    (tmp_path / "variables").mkdir()
    (tmp_path / "openapi.json").write_text(json.dumps(OPENAPI))
    entry = {"url": URL, "contract": "openapi.json", "build": {"operation": "GET /version", "fields": ["version", "built"]}}
    (tmp_path / "shop.yaml").write_text(json.dumps({"name": "shop", "kind": "test", "hosts": ["127.0.0.1"], "systems": {"shop": entry}}))
    made = finished([], tmp_path, environment=environment.load(tmp_path / "shop.yaml"))
    made.environments = [{"system": "shop", "url": URL, "build": BUILD}]
    return made


def report(folder, *risks, urls=ALL, at=SCANNED, site=URL, **more):
    """A report with an alert of each risk; the first has all URLs, as informational ones often do."""
    hits = [{"uri": url, "method": "GET"} for url in urls]
    alerts = [{"riskcode": str(risk), "alertRef": "10021", "confidence": "2", "instances": hits} | more for risk in risks]
    path = folder / "zap.json"
    path.write_text(json.dumps({"created": at, "site": [{"@name": site, "alerts": alerts}]}))
    return path


def value(run, path, *more):
    found, _ = inputs.read([f"zap={path}", *more], ["127.0.0.1"])
    return found["zap"].value(run)


def test_a_whole_report_without_serious_alerts_passes_the_gate(run, tmp_path):
    found, paths = inputs.read([f"zap={report(tmp_path, 0)}"], ["127.0.0.1"])
    held_to = assessing.demands(None, None, None, ["zap-scan"], found, paths)
    (gate,) = [result for result in assessing.assess(run, held_to).gates if result.gate.id == "zap-scan"]
    assert (gate.verdict, gate.measured, gate.reason) == ("PASS", "2 of 2 = 100.00%", "")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"urls": ALL[:1]}, "1 of 2 operations have no scanned URL in zap.json (DELETE /pens/{id})"),
        ({"urls": ()}, "2 of 2 operations have no scanned URL"),
        ({"urls": [url.replace("8123", "8124") for url in ALL]}, "2 of 2 operations have no scanned URL"),
        ({"site": "http://127.0.0.1:8124"}, "zap.json names no system of the environment"),
        ({"at": EARLIER}, "is older than the build of shop (1.4.2 2026-03-01T10:00:00Z)"),
        ({"at": ""}, "zap.json does not say when the scan was"),
        ({"at": f"{dt.datetime.now(dt.UTC) + dt.timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"}, "lies in the future"),
    ],
)
def test_silence_of_a_report_that_lacks_something_shows_nothing(run, tmp_path, changes, reason):
    found = value(run, report(tmp_path, 0, **changes))
    assert (found.share.tried, reason in found.reason) == (0, True), found.reason


@pytest.mark.parametrize("records", [[], [{"system": "shop", "build": "1.4.2"}], [{"system": "shop", "build": BUILD}, {"system": "shop", "build": ""}]])
def test_a_build_without_a_time_of_its_own_shows_nothing(run, tmp_path, records):
    run.environments = records
    assert "when the build of shop was made is not known: name the field" in value(run, report(tmp_path, 0)).reason


def test_serious_alerts_fail_however_old_the_report_is(run, tmp_path):
    found = value(run, report(tmp_path, 0, 1, 3, at=EARLIER, urls=ALL[:1]))
    assert (found.share.hits, found.share.tried, found.reason) == (1, 3, "")


def test_alerts_that_are_accepted_or_false_positives_do_not_fail(run, tmp_path):
    assert value(run, report(tmp_path, 2, confidence="0")).share.hits == 2
    entry = {"probe": "zap-10021", "place": "GET /pens*", "reason": "old browsers", "owner": "me", "until": "2999-01-01"}
    path = tmp_path / "variables/accepted-findings.yaml"
    for until, hits in (("2999-01-01", 2), ("2020-01-01", 0)):
        path.write_text(json.dumps({"accepted": [entry | {"until": until}]}))
        found = value(run, report(tmp_path, 2))
        assert (found.share.hits, found.reason) == (hits, "")


@pytest.mark.parametrize("text", ["GET {}\nDELETE {}\n", '{{"log": {{"entries": [{{"request": {{"url": "{}"}}}}, {{"request": {{"url": "{}"}}}}]}}}}'])
def test_urls_may_stand_in_a_list_of_their_own(run, tmp_path, text):
    (tmp_path / "urls").write_text(text.format(*ALL))
    assert value(run, report(tmp_path, 0, urls=()), f"zap-urls={tmp_path / 'urls'}").share.hits == 2
