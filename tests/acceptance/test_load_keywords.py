"""LoadLibrary on a small service of nobody's: each keyword passes where it should, and says exactly what is wrong where not."""

import asyncio
import contextlib
import csv
import itertools
import json
import os
import re
import signal
import subprocess
import threading
import time

import pytest
import robot_runs
import yaml
from raw_server import raw_serving, read_request
from robot.api import ExecutionResult

TOKEN = "token-of-ann-12345"
HEAD = """\
*** Settings ***
Library    LoadLibrary
Test Tags    system:shop

*** Keywords ***
Good Should Come
    ${good} =    Define Load Step    GET    /good    fields={"status": "ok"}
    Run Load Test    ${good}    users=1    iterations=1    lateness=60 s
    Error Rate Should Be    ==    0

*** Test Cases ***
"""
GOOD = '${good} =    Define Load Step    GET    /good    fields={"status": "ok"}    name=good\n'
FOURTH = '${fourth} =    Define Load Step    GET    /fourth    fields={"status": "ok"}    name=fourth\n'
RUN = "Run Load Test    ${%s}    users=4    iterations=5    lateness=60 s\n"
RUN_GOOD, RUN_FOURTH = GOOD + RUN % "good", FOURTH + RUN % "fourth"
SLOW = "${slow} =    Define Load Step    GET    /slow    text=ok    name=slow\n"
CROWDED = SLOW.replace("/slow", "/crowded")
ITERATIONS = 4
SCALE = f"Scalability Should Be    ${{slow}}    users=1,2,3,4    iterations={ITERATIONS}    lateness=60 s"
PHASES = (
    "VAR    &{where}    at=phases    name=name    milliseconds=ms\n${slow} =    Define Load Step    GET    /phases    text=ai    phases=${where}\n"
    "Run Load Test    ${slow}    users=2    iterations=1    lateness=60 s\n"
)
COMPARED = (
    "${compared} =    Define Load Step    GET    /compared    text=ok    name=compared\nBuilds Should Be As Fast    ${compared}"
)
K6 = {"http_req_duration": {"p(95)": 300.0}, "http_reqs": {"count": 200}, "http_req_failed": {"value": 0.005}}
SUMMARY = f"VAR    ${{summary}}    {json.dumps({'metrics': K6})}\nEvaluate    open($OUTPUT_DIR + '/k6.json', 'w').write($summary)\n"
PASSING = {
    "errors": RUN_GOOD + "Error Rate Should Be    ==    0",
    "errors allowed": RUN_FOURTH + "Error Rate Should Be    <=    25 %    step=fourth",
    "latency": RUN_GOOD + "${p95} =    Get Latency    p95    <    60 s\nShould Be True    0 < ${p95} < 60",
    "latency of what was answered": RUN_FOURTH
    + "Get Latency    p75    <    60 s\nGet Latency    mean    <=    60 s    service=True",
    "throughput": RUN_GOOD + "Throughput Should Be    >    0.1/s",
    "objectives": RUN_GOOD + "Load Should Meet Objectives    easy",
    "objectives without times": RUN_GOOD + "Load Should Meet Objectives    hard    times=False",
    # As with scalability: 0.6 s at least, and 30 s at most.
    "growth": "${slow} =    Define Load Step    GET    /slow    text=ok\n"
    "${alone} =    Run Load Test    ${slow}    users=1    iterations=3    lateness=60 s\n"
    "${many} =    Run Load Test    ${slow}    users=10    iterations=3    lateness=60 s\n"
    "Throughput Should Grow    ${many}    compared_with=${alone}    factor=0.1",
    "another load": GOOD
    + FOURTH
    + "${first} =    "
    + RUN % "good"
    + RUN % "fourth"
    + "Error Rate Should Be    ==    0    load=${first}",
    "journey": "VAR    &{take}    order=id\n"
    '${make} =    Define Load Step    POST    /orders    201    json={"name": "{{name}}"}    fields={"name": "{{name}}"}    take=${take}\n'
    '${read} =    Define Load Step    GET    /orders/{{order}}    fields={"name": "{{name}}"}    until={"status": "done"}    every=10 ms\n'
    "${order} =    Define Load Journey    order    ${make}    ${read}\n"
    "VAR    &{ann}    name=Ann\nVAR    &{bob}    name=Bob\nVAR    @{data}    ${ann}    ${bob}\n"
    "Run Load Test    ${order}    users=4    iterations=2    data=${data}    lateness=60 s\n"
    "Error Rate Should Be    ==    0    step=order\nGet Latency    max    <    60 s    step=order",
    "identity": '${me} =    Define Load Step    GET    /me    fields={"name": "{{username}}"}\n'
    "Run Load Test    ${me}    users=2    iterations=2    lateness=60 s\nError Rate Should Be    ==    0",
    "redirect": '${moved} =    Define Load Step    GET    /moved    fields={"status": "ok"}    redirects=1\n'
    + RUN % "moved"
    + "Error Rate Should Be    ==    0",
    "files": "VAR    &{row}    content=a,{{company}}    name=a.csv\nVAR    &{parts}    table=${row}\n"
    "${files} =    Define Load Step    POST    /files    201    text={{company}}    multipart=${parts}\n"
    'Run Load Test    ${files}    users=2    iterations=2    lateness=60 s    data={"faker": {"company": "company"}, "rows": 2}\n'
    "Error Rate Should Be    ==    0",
    "events": '${live} =    Define Load Step    SSE    /events    fields={"step": 2}    receive=2    until=2\n'
    + RUN % "live"
    + "Error Rate Should Be    ==    0",
    "capacity": GOOD + "${rate} =    Find Capacity    ${good}    at_least=10/s    objectives=easy    start=20    most=40    duration=500 ms"
    "    lateness=60 s\nShould Be Equal As Numbers    ${rate}    40",
    # Four users are answered within their time-outs of 10 s, four times; the single one takes 0.8 s at least. How wide the interval of
    # the plan is depends on how even the machine's pace is.
    "scalability": SLOW + SCALE + "    at_least=1 %\nPlan Capacity    4/s    headroom=10 %    instances_at_most=${10**30}",
    "usage": GOOD + "Run Load Test    ${good}    users=2    duration=1 s    think=20 ms    lateness=60 s\n"
    "Get Resource Usage    memory    >    1",
    "bottleneck": PHASES + "${phase} =    Find Bottleneck    at_most=95 %\nShould Be Equal    ${phase}    ai",
    "benchmark": "Benchmark    good    Good Should Come    expected=60 s    iterations=2",
    "results of another tool": SUMMARY + RUN_GOOD + "Get Foreign Latency    ${OUTPUT DIR}/k6.json    p95    <    2 s    error_rate=1 %",
    "open model": GOOD + "VAR    @{stages}    10/s for 500 ms    20/s to 10/s for 500 ms\n"
    "Run Load Test    ${good}    stages=${stages}    lateness=60 s\nError Rate Should Be    ==    0",
    "anonymous callers are refused": "${me} =    Define Load Step    GET    /me    401    text=who?\n"
    "Run Load Test    ${me}    users=2    iterations=2    identities=NOBODY    lateness=60 s\nError Rate Should Be    ==    0",
}
NOT_RUN = "Nothing was checked: the test only signs in, starts or follows, which are preconditions"
SERVICE_UNAVAILABLE = "5 status: expected 200, observed 503 busy"
FAILING = {
    "errors": (
        RUN_FOURTH + "Error Rate Should Be    <    5 %",
        f"load.error_rate of all requests: expected < 0.05, observed 5 of 20 = 25% (95 %: 11% to 47%); {SERVICE_UNAVAILABLE}.",
    ),
    "latency of what was refused": (
        RUN_FOURTH + "Get Latency    p95    <    60 s    step=fourth",
        "load.latency of fourth: expected p95 < 1 min 0 s, observed p95 not answered (n = 20, 5 failed).",
    ),
    "latency": (
        RUN_GOOD + "Get Latency    p50    >    60 s",
        re.compile(r"load\.latency of all requests: expected p50 > 1 min 0 s, observed p50 [\d.]+ m?s \(n = 20, 0 failed\)\."),
    ),
    "throughput": (
        RUN_GOOD + "Throughput Should Be    >=    100000/s",
        re.compile(r"load\.throughput of all requests: expected >= 100000/s, observed [\d.]+/s \(20 in [\d.]+ m?s\)\."),
    ),
    "objectives": (
        RUN_FOURTH + "Load Should Meet Objectives    hard",
        "load.success of all requests: expected at least 99%, observed 15 of 20 as expected\n"
        f"load.error_rate of all requests: expected at most 1%, observed 5 of 20 = 25% (95 %: 11% to 47%); {SERVICE_UNAVAILABLE}\n"
        "load.p99 of all requests: expected p99 at most 2 s, observed not answered.",
    ),
    "growth": (
        GOOD + "${a} =    " + RUN % "good" + "Throughput Should Grow    ${a}    compared_with=${a}    factor=3",
        re.compile(
            r"load\.growth of all requests: expected at least 3 times the throughput, observed 1\.0 times: ([\d.]+)/s → \1/s\."
        ),
    ),
    "nothing is judged": (RUN_GOOD, re.compile(re.escape(NOT_RUN) + ".*")),
    "fast and empty": (
        '${me} =    Define Load Step    GET    /empty    fields={"status": "ok"}\n'
        + RUN % "me"
        + "Get Latency    p95    <    60 s",
        "NOT EVALUATED: load.answers of fast and empty: expected answers that are checked and as expected, observed 0 of 20 requests "
        "(20 x check: expected status ok, observed None).",
    ),
    "unauthorised": (
        "${me} =    Define Load Step    GET    /me    text=name\nRun Load Test    ${me}    users=2    iterations=2"
        "    identities=NOBODY    lateness=60 s\nError Rate Should Be    ==    0",
        "NOT EVALUATED: load.answers of unauthorised: expected answers that are checked and as expected, observed 0 of 4 requests "
        "(4 x status: expected 200, observed 401 who?).",
    ),
    "client that is late": (
        GOOD
        + "Run Load Test    ${good}    users=1    duration=300 ms    think=50 ms    lateness=0 s\nError Rate Should Be    ==    0",
        re.compile(
            r"NOT EVALUATED: load\.client of client that is late: expected a client that keeps up, observed the client was saturated: "
            r"it was \d+ ms late for its own appointments \(p99\), at most 0 ms are allowed\."
        ),
    ),
    "stopped by its budget": (
        FOURTH + "Run Load Test    ${fourth}    users=2    duration=60 s    think=5 ms    error_budget=10 %    lateness=60 s\n"
        "Error Rate Should Be    <    50 %",
        re.compile(
            r"NOT EVALUATED: load\.error_rate of all requests: expected < 0\.5, observed \d+ of \d+ = 2\d% .*, but the load is not whole: "
            r"the error budget of 10% was used up\."
        ),
    ),
    "too fast": (
        GOOD + "Run Load Test    ${good}    rate=5000    duration=1 s",
        "The load asks for 5000 arrivals a second, and 4000 requests a second are allowed (allow.load_max_rps): lower the rate, or have "
        "more allowed.",
    ),
    "no check of the body": (
        "${any} =    Define Load Step    GET    /good\n" + RUN % "any",
        "The step 'GET /good' accepts whatever body comes: say what it must hold, by a text, fields or a schema, so that an empty "
        "answer is no success.",
    ),
    "no steps": (
        "Run Load Test    users=2    iterations=2",
        "The load has no steps: define some by 'Define Load Step' and give them to 'Run Load Test'.",
    ),
    "no Locust": (
        GOOD + "Run Load Test    ${good}    users=2    iterations=2    engine=locust",
        "NOT EVALUATED: the environment shop names no Locust: add 'locust: {master: \"127.0.0.1:5557\", workers: 2}' to shop.yaml, and "
        "start the workers.",
    ),
    "links": (
        RUN_GOOD + "Find Bottleneck    at_most=50 %    by=links",
        "NOT EVALUATED: what was called over dependency links is not known: the environment shop names no links of shop whose calls are "
        "recorded.",
    ),
    "waiting": (
        "${slow} =    Define Load Step    GET    /slow    text=ok    timeout=100 ms    name=slow\n"
        + GOOD
        + "Run Load Test    ${slow}    ${good}    users=2    iterations=2    lateness=60 s\nNobody Should Be Left Waiting",
        "load.waiting of all requests: expected every request is answered, observed 2 of 4 (2 timeout: not complete within 0.1 s).",
    ),
    "a limit that lets too many through": (
        RUN_GOOD + "Limit Should Hold    15",
        "load.limit of all requests: expected at most 15 of 20 answered, the others refused by 429, observed 20 answered, 0 refused.",
    ),
    "fairness of one": (
        RUN_GOOD + "Identities Should Be Served Alike",
        "NOT EVALUATED: fairness needs two identities with at least 10 requests each, and there were ann 20: name them by identities=.",
    ),
    "nothing of that name is profiled": (
        GOOD + "Profile Process    ${good}    process=apl",
        "There is no process 'apl' in shop.yaml: did you mean 'api'?",
    ),
    "no load": ("Get Latency    p95    <    2 s", "There is no load to judge: run one by 'Run Load Test' first."),
    "users and rate": (
        GOOD + "Run Load Test    ${good}    users=2    rate=3",
        "Give either users=, who wait for answers, or rate=, which waits for nobody; or stages= for several.",
    ),
    "iterations and duration": (
        GOOD + "Run Load Test    ${good}    users=2    iterations=3    duration=1 s",
        "Give either iterations= or duration=, not both.",
    ),
    "how much": (
        GOOD + "Run Load Test    ${good}    users=2",
        "Say how much is sent: users= with iterations= or duration=, rate= with duration=, or stages=.",
    ),
    "nothing held to": (
        RUN_GOOD + "Load Should Meet Objectives    times    times=False",
        "The objectives 'times' hold the load to nothing: add an error_rate, or use their times.",
    ),
    "cannot fail": (
        RUN_GOOD + "Error Rate Should Be    <=    100 %",
        "The check '<= 1' holds for every value, so that it could not fail: compare with another.",
    ),
    "no such statistic": (
        RUN_GOOD + "Get Latency    median    <    2 s",
        "'median' is no statistic of response times: write p50, p95, p99.9, mean or max.",
    ),
    "no such operator": (
        RUN_GOOD + "Get Latency    p95    contains    2 s",
        "'contains' does not compare figures: write one of <, <=, >, >=, ==.",
    ),
    "no time": (
        RUN_GOOD + "Get Latency    p95    <",
        "The comparison of a latency needs a time, such as 'Get Latency    p95    <    2 s'.",
    ),
    "no such step": (
        RUN_GOOD + "Error Rate Should Be    ==    0    step=god",
        "There is no step 'god' in this load: did you mean 'good'?",
    ),
    "no share": (RUN_GOOD + "Error Rate Should Be    <    500 %", "'500 %' is not a share: write for example 5 % or 0.05."),
    "no rate": (RUN_GOOD + "Throughput Should Be    <    fast", "'fast' is not a rate: write for example 100/s."),
    "no such objectives": (
        RUN_GOOD + "Load Should Meet Objectives    eazy",
        "There is no objectives 'eazy' in the entry load of limits.yaml: did you mean 'easy'?",
    ),
    "a socket that is none": (
        "${live} =    Define Load Step    WS    /good    text=ok    send=hello\n" + RUN % "live" + "Error Rate Should Be    ==    0",
        "NOT EVALUATED: load.answers of a socket that is none: expected answers that are checked and as expected, observed 0 of 20 "
        'requests (20 x status: expected 101, observed 200 {"status": "ok"}).',
    ),
    "capacity": (
        FOURTH + "Find Capacity    ${fourth}    at_least=10/s    objectives=easy    start=20    most=40    duration=500 ms    lateness=60 s",
        "load.capacity: expected at least 10/s, observed no rate held, the smallest was 20/s (1 trials).",
    ),
    "capacity of a client that is late": (
        GOOD + "Find Capacity    ${good}    at_least=10/s    objectives=easy    start=20    most=40    duration=500 ms    lateness=0 s",
        re.compile(r"NOT EVALUATED: at 20/s the client was saturated \(it was \d+ ms late .*"),
    ),
    "scalability": (
        CROWDED + SCALE + "    at_least=60 %",
        re.compile(
            r"load\.scalability: expected an efficiency of at least 60%, observed [1-5]?\d%: 1 users [\d.]+/s → 4 users [\d.]+/s\."
        ),
    ),
    "scalability of what is empty": (
        SLOW.replace("/slow", "/empty") + SCALE + "    at_least=60 %",
        re.compile(r"NOT EVALUATED: load\.answers of 1 users at once: expected answers that are checked .*"),
    ),
    "drift": (
        RUN_GOOD + "Latency Should Not Drift",
        re.compile(r"NOT EVALUATED: \d seconds are too few for a trend: load for longer."),
    ),
    "bottleneck": (
        PHASES + "Find Bottleneck    at_most=20 %",
        re.compile(
            r"load\.bottleneck of all requests: expected no phase takes more than 20% of the time, observed ai \d+% \(450 ms\), .*\."
        ),
    ),
    "no phases": (
        RUN_GOOD + "Find Bottleneck    at_most=20 %",
        "NOT EVALUATED: no answer listed phases: name where they stand by phases= of the step.",
    ),
    "no growth": (RUN_GOOD + "Memory Should Not Grow    1 TB", "'1 TB' is no growth: write for example '5 MB/min' or '10 per 1000 requests'."),
    "no plan": ("Plan Capacity    5/s", "There is nothing to plan by: measure by 'Scalability Should Be' first."),
    "too few loads": (
        SLOW + "Scalability Should Be    ${slow}    at_least=10 %    users=1,2",
        "Scalability needs at least four different numbers of users from 1, and an efficiency above 0.",
    ),
    "nothing of that name is watched": (
        GOOD + "Run Load Test    ${good}    users=1    iterations=1    watch=apl",
        "There is no process or container 'apl' in shop.yaml: did you mean 'api'?",
    ),
    "benchmark": (
        "Benchmark    good    Good Should Come    expected=1 ms    tolerance=0 %    iterations=2",
        re.compile(r"load\.benchmark of good: expected mean at most 1 ms, observed [\d.]+ m?s\."),
    ),
    "benchmark of nothing": (
        "Benchmark    good    No Operation    expected=1 s",
        "NOT EVALUATED: the keyword 'No Operation' checked nothing in the benchmark 'good', so that its time proves nothing: measure a "
        "keyword that checks what it observes.",
    ),
    "no reference": (
        COMPARED,
        "NOT EVALUATED: the environment names no reference build: add the system 'shop-reference' to shop.yaml. What earlier sessions "
        "took is a trend and no reference.",
    ),
    "no reference build": (
        COMPARED + "    reference=shop-old",
        "There is no system 'shop-old' in the environment file shop.yaml: did you mean 'shop'?",
    ),
    "results of another tool": (
        SUMMARY + RUN_GOOD + "Get Foreign Latency    ${OUTPUT DIR}/k6.json    p95    <    200 ms",
        "load.foreign_errors of all requests in k6.json: expected at most 0.0% errors, observed 1 of 200 = 0.5%\n"
        "load.foreign_latency of all requests in k6.json: expected p95 < 200 ms, observed p95 300 ms.",
    ),
    "no JSON": (
        "Define Load Step    GET    /good    fields={status}",
        re.compile(r"The argument fields '\{status\}' is no JSON \(.*\): write for example \{\"status\": \"ok\"\}\."),
    ),
    "empty journey": (
        "Define Load Journey    order",
        "The journey 'order' has no steps: define some by 'Define Load Step'.",
    ),
    "factor": (
        GOOD + "${a} =    " + RUN % "good" + "Throughput Should Grow    ${a}    compared_with=${a}    factor=0",
        "Throughput Should Grow needs a factor above 0, and a load with answers to compare with.",
    ),
}


SLEEPS = {"/slow": 0.2, "/phases": 0.5}
ANSWERS = {"/phases": '{"phases": [{"name": "ai", "ms": 450}, {"name": "parse", "ms": 5}]}'}
WRITTEN = {
    "/empty": b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}",
    "/moved": b"HTTP/1.1 302 X\r\nLocation: /good\r\nContent-Length: 0\r\n\r\n",
    "/events": b'HTTP/1.1 200 X\r\n\r\ndata: {"step": 1}\n\ndata: {"step": 2}\n\n',
}


def crowded(alone):
    """How long an answer takes: to the single user no time, each one to several users as long as all those together."""
    if len(alone) < ITERATIONS:
        alone.append(time.monotonic())
        return 0
    return max(0.2, alone[-1] - alone[0])


def service():
    """A handler of requests; every fourth to /fourth is refused."""
    fourth, orders, alone = itertools.count(1), {}, []

    async def handler(reader, writer):
        while True:
            head, body = await read_request(reader)
            method, path, _ = head.decode().split("\r\n")[0].split(" ")
            status, text = 200, ANSWERS.get(path, '{"status": "ok"}')
            if path in WRITTEN:
                writer.write(WRITTEN[path])
                continue
            if path == "/fourth" and next(fourth) % 4 == 0:
                status, text = 503, "busy"
            elif path in SLEEPS:
                await asyncio.sleep(SLEEPS[path])
            elif path == "/crowded":
                await asyncio.sleep(crowded(alone))
            elif path == "/me":
                known = f"Bearer {TOKEN}" in head.decode()
                status, text = (200, '{"name": "ann"}') if known else (401, "who?")
            elif method == "POST":
                number = len(orders)
                orders[f"/orders/{number}"] = [body.decode()[:-1] + f', "id": {number}', 0]
                status, text = 201, orders[f"/orders/{number}"][0] + "}"
            elif path in orders:
                orders[path][1] += 1
                text = orders[path][0] + f', "status": "{"done" if orders[path][1] > 2 else "running"}"}}'
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())

    return handler


@contextlib.contextmanager
def prepared(folder, rows, handler, **changes):
    """The command and the environment with which Robot runs rows against a service."""
    tests = [f"{name}\n" + "".join(f"    {line}\n" for line in body.strip().split("\n")) for name, body in rows.items()]
    (folder / "suite.robot").write_text(HEAD + "\n".join(tests), encoding="utf-8")
    (folder / "limits.yaml").write_text(
        "load:\n  easy: {error_rate: 0.01, p99_seconds: 60}\n  hard: {error_rate: 0.01, p99_seconds: 2}\n"
        "  times: {p50_seconds: 60}\n",
        encoding="utf-8",
    )
    (folder / "pid").write_text(str(os.getpid()))
    with raw_serving(handler) as port:
        shop = {
            "url": f"http://127.0.0.1:{port}",
            "operations": ["GET /good"],
            "processes": {"api": str(folder / "pid")},
            "identities": {"ann": {"username": "ann", "token_env": "ANN_TOKEN"}},
        }
        environment = {"name": "shop", "kind": "test", "hosts": ["127.0.0.1"], "allow": {"load_max_rps": 4000}}
        described = environment | {"systems": {"shop": shop}, "thresholds": "limits.yaml"} | changes
        (folder / "shop.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
        env = robot_runs.own_environment()
        env |= {"THEODORE_ENVIRONMENT": str(folder / "shop.yaml"), "ANN_TOKEN": TOKEN}
        command = robot_runs.command(folder)
        command += ["--loglevel", "TRACE"]
        yield [*command, str(folder / "suite.robot")], env


def run(folder, rows, **changes):
    with prepared(folder, rows, service(), **changes) as (command, env):
        subprocess.run(command, cwd=folder, env=env, capture_output=True, timeout=900, check=False)
    return {test.name: test for test in ExecutionResult(folder / "output.xml").suite.tests}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("passing")


@pytest.fixture(scope="module")
def passing(folder):
    return run(folder, PASSING)


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    return run(tmp_path_factory.mktemp("failing"), {name: body for name, (body, _) in FAILING.items()})


@pytest.mark.xdist_group("load_passing")
@pytest.mark.parametrize("name", PASSING)
def test_it_passes(passing, name):
    assert (passing[name].status, passing[name].message) == ("PASS", "")


@pytest.mark.xdist_group("load_failing")
@pytest.mark.parametrize("name", FAILING)
def test_the_message_is_exact(failing, name):
    test, expected = failing[name], FAILING[name][1]
    assert test.status == "FAIL"
    if isinstance(expected, re.Pattern):
        assert expected.fullmatch(test.message), test.message
    else:
        assert test.message == expected


@pytest.mark.xdist_group("load_passing")
def test_figures_pictures_and_files_are_left_and_no_secret(passing, folder):
    assert passing
    (file,) = (folder / "evidence").glob("*/load/journey/steps.csv")
    rows = {row["step"]: row for row in csv.DictReader(file.open(encoding="utf-8"))}
    assert rows["order"]["count"] == rows["POST /orders"]["count"] == "8"
    assert len(list((folder / "evidence").glob("*/load/growth*/seconds.csv"))) == 2
    output = (folder / "output.xml").read_text(encoding="utf-8")
    assert "Response times by second" in output
    assert "Number of requests by response time" in output
    assert [path for path in folder.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_run_keeps_the_figures_and_passes_nothing(tmp_path, number):
    seen, answer = threading.Event(), service()

    async def handler(reader, writer):
        seen.set()
        await answer(reader, writer)

    row = GOOD + "Run Load Test    ${good}    users=2    duration=300 s    think=10 ms\nError Rate Should Be    ==    0"
    with prepared(tmp_path, {"long": row}, handler) as (command, env):
        process = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert seen.wait(120)
        process.send_signal(number)
        output, _ = process.communicate(timeout=120)
    (test,) = ExecutionResult(tmp_path / "output.xml").suite.tests
    assert test.status == "FAIL", output
    assert "NOT EVALUATED: the run was cancelled" in test.message
    (file,) = tmp_path.glob("evidence/*/load/long/result.json")
    whole = json.loads(file.read_text(encoding="utf-8"))
    assert whole["stopped"] == "the load was interrupted"
    assert whole["steps"][0]["count"] > 0


def test_what_the_environment_does_not_grant_is_not_sent(tmp_path):
    (test,) = run(tmp_path, {"refused": RUN_GOOD}, allow={}).values()
    assert (test.status, test.message) == (
        "FAIL",
        "NOT EVALUATED: The environment shop allows no load: grant it by 'allow: {load_max_rps: 100}', the most requests a second, in "
        "shop.yaml.",
    )
