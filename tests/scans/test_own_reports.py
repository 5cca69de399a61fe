"""The report of a scan of our own: it says when it ran, on what, by which requests, what it could not try, and can be imported."""

import datetime as dt
import json
import shlex
from types import SimpleNamespace

import pytest
import services
import vulnerable_apis
from sarif_pydantic import Sarif

from SecurityLibrary import probes
from SecurityLibrary.external_tools import imported_reports
from SecurityLibrary.findings import curl, verdicts
from theodore_qa.redaction.secrets import secrets
from theodore_qa.report.sarif import FindingsReport
from theodore_qa.systems.exchange import Exchange

NAMES = ("banner", "cors", "xxe")


@pytest.fixture(scope="module")
def scan():
    with services.serving(vulnerable_apis.edges("banner")) as url:
        yield services.scanned(services.target(url, vulnerable_apis.EDGES), *NAMES)


def report(scan, folder, problems=(), **changed):
    """The report of a run with this scan, as it is written."""
    findings = [finding.as_data() | {"system": scan.target.name} for finding in scan.findings]
    attacks = [verdicts.as_data(probe, scan) | changed for probe in probes.chosen(NAMES)]
    run = SimpleNamespace(
        folder=folder, findings=findings * 2, attacks=attacks * 2, notice="", judgement=SimpleNamespace(problems=list(problems))
    )
    (file,) = FindingsReport().write(run)
    return file


def lacks(file, url, now=None, older_than=dt.timedelta(days=7)):
    found = imported_reports.read(file, [url])
    return {lack.entry: lack.reason for lack in found.lacks(older_than, now or dt.datetime.now(dt.UTC))}


def test_it_says_when_it_ran_on_what_and_by_which_requests(scan, tmp_path):
    (run,) = json.loads(report(scan, tmp_path).read_text())["runs"]
    (invocation,) = run["invocations"]
    began, ended = (dt.datetime.fromisoformat(invocation[name]) for name in ("startTimeUtc", "endTimeUtc"))
    assert began <= ended <= dt.datetime.now(dt.UTC) < began + dt.timedelta(minutes=5)
    assert invocation["executionSuccessful"] is True
    assert run["originalUriBaseIds"] == {"shop": {"uri": f"{scan.client.url}/"}}
    (found,) = [result for result in run["results"] if result.get("kind", "fail") == "fail"]
    assert found["webRequest"]["target"].startswith(f"{scan.client.url}/")
    assert found["webRequest"]["method"] == "GET"
    assert dt.datetime.fromisoformat(found["provenance"]["firstDetectionTimeUtc"]).tzinfo is not None
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] == "shop"


def test_it_is_sarif(scan, tmp_path):
    data = json.loads(report(scan, tmp_path).read_text())
    assert len(Sarif.model_validate(data).runs) == 1


def test_what_was_not_tried_is_open_or_not_applicable_once_each(scan, tmp_path):
    (run,) = json.loads(report(scan, tmp_path).read_text())["runs"]
    kinds = [(result["ruleId"], result["kind"]) for result in run["results"] if "kind" in result]
    assert ("xxe", "notApplicable") in kinds
    assert ("cors", "open") in kinds  # POST /items changes something: it is left out, with its reason
    assert [result for result in run["results"] if result.get("kind") == "open" and not result.get("suppressions")] == []
    texts = [json.dumps(result) for result in run["results"]]
    assert len(texts) == len(set(texts))


def test_our_own_importer_takes_it_for_a_run_on_the_system(scan, tmp_path):
    file = report(scan, tmp_path)
    assert lacks(file, scan.client.url) == {}
    assert [finding.probe for finding in imported_reports.read(file, [scan.client.url]).findings] == ["banner"]


@pytest.mark.parametrize(
    ("entry", "reason", "changed", "problems", "url", "days"),
    [
        ("age", "days ago, expected at most 7 days", {}, (), "", 8),
        ("age", "lies in the future", {}, (), "", -3),
        ("target", "it is of http://127.0.0.1:", {}, (), "http://127.0.0.1:1", 0),
        ("run", "the run failed: the system stopped answering", {"stopped": "the system stopped answering"}, (), "", 0),
        ("run", "the run failed: The run was stopped by SIGTERM.", {}, ["The run was stopped by SIGTERM."], "", 0),
        ("run", "results are undecided, such as", {"open": {"GET /a": "no answer"}}, (), "", 0),
        ("target", "it does not say what it looked at", {"began": ""}, (), "", 0),
        ("age", "it does not say at what time it ran", {"began": ""}, (), "", 0),
    ],
)
def test_silence_of_such_a_report_is_no_evidence(scan, tmp_path, entry, reason, changed, problems, url, days):
    scan = SimpleNamespace(**vars(scan) | {"findings": []}, stopped="")
    file = report(scan, tmp_path, problems, **changed)
    now = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    assert reason in lacks(file, url or scan.client.url, now)[entry]


def test_a_report_without_a_run_is_no_evidence(tmp_path):
    run = SimpleNamespace(folder=tmp_path, findings=[], attacks=[], notice="", judgement=SimpleNamespace(problems=[]))
    (file,) = FindingsReport().write(run)
    assert {"target", "age"} <= lacks(file, "http://127.0.0.1:1").keys()


def test_two_systems_are_two_runs(scan, tmp_path):
    attacks = [verdicts.as_data(probe, scan) for probe in probes.chosen(NAMES)]
    other = [attack | {"system": "desk", "url": "http://127.0.0.1:1"} for attack in attacks]
    run = SimpleNamespace(
        folder=tmp_path, findings=[], attacks=[*attacks, *other], notice="", judgement=SimpleNamespace(problems=[])
    )
    (file,) = FindingsReport().write(run)
    assert [list(each["originalUriBaseIds"]) for each in json.loads(file.read_text())["runs"]] == [["shop"], ["desk"]]
    assert lacks(file, "http://127.0.0.1:1").keys() == {"target"}, "one of the runs is of another host"


def test_a_finding_has_a_line_for_curl(scan):
    (found,) = scan.findings
    words = shlex.split(found.evidence[0]["curl"])
    assert words[0] == "curl"
    assert words[-1] == found.evidence[0]["address"]


def test_a_passed_attack_shows_some_of_what_it_sent(scan):
    counted = scan.coverage["cors"]
    assert counted.tried
    assert [line for line in counted.samples if "'Origin: " in line]


def test_a_line_for_curl_is_quoted_and_holds_no_credentials():
    sent = dt.datetime.now(dt.UTC)
    headers = {"Authorization": "Bearer abcdefghijk", "Host": "evil.example", "Content-Length": "9", "X-Qa": "it's"}
    exchange = Exchange("POST", "/a?b=`id`", 200, {}, "", sent, 0.1, "http://127.0.0.1:9", headers, b'{"a":"\'"}')
    line = curl.line(exchange)
    assert "abcdefghijk" not in line
    assert shlex.split(line) == [
        "curl", "-i", "--path-as-is", "-X", "POST", "-H", "Authorization: <authorization of the identity>", "-H", "Host: evil.example",
        "-H", "X-Qa: it's", "--data-binary", "{\"a\":\"'\"}", "http://127.0.0.1:9/a?b=`id`",
    ]  # fmt: skip


def test_a_line_for_curl_hides_the_header_that_the_description_names(monkeypatch):
    monkeypatch.setattr(secrets, "headers", {*secrets.headers, "x-desk-session"})
    monkeypatch.setattr(secrets, "_named", None)
    headers = {"X-Desk-Session": "guessed-by-nobody-4711", "X-Qa": "visible"}
    exchange = Exchange("GET", "/a", 200, {}, "", dt.datetime.now(dt.UTC), 0.1, "http://127.0.0.1:9", headers)
    line = curl.line(exchange)
    assert "X-Desk-Session: <x-desk-session of the identity>" in line
    assert "X-Qa: visible" in line
    assert not list(secrets.find(line))
    secrets._named = None
