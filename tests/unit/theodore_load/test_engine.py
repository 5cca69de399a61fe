"""Whole loads with processes of their own: figures, files, and what happens when something ends too soon."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
import yaml
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from raw_server import answering, closed_port, hanging, OK, raw_serving, read_request
from waiting import until

from theodore_load import engine, scenario

LIBRARIES = Path(__file__).resolve().parents[3] / "libraries"
STEP = {"request": "GET /", "name": "get", "expect": {"fields": {"status": "ok"}}}
PATIENT = {"lateness": 60}  # these machines are busy


def declared(port, *stages, **entries):
    return {
        "url": f"http://127.0.0.1:{port}",
        "stages": list(stages),
        "journeys": [{"steps": [STEP]}],
        "limits": PATIENT | entries.pop("limits", {}),
    } | entries


def command(tmp_path, port, *stages, **entries):
    """The engine's own command on a scenario, as a started process."""
    file = tmp_path / "scenario.yaml"
    file.write_text(yaml.safe_dump(declared(port, *stages, **entries)), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(LIBRARIES), os.environ.get("PYTHONPATH", "")])}
    full = [sys.executable, "-m", "theodore_load", str(file), "--results", str(tmp_path / "results")]
    return subprocess.Popen(full, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_command_prints_figures_and_writes_files(tmp_path):
    with raw_serving(answering(OK)) as port:
        done = command(tmp_path, port, "4 users x 5", workers=2)
        output, errors = done.communicate(timeout=120)
    assert (done.returncode, errors) == (0, "")
    lines = output.splitlines()
    assert lines[0].split()[:4] == ["step", "count", "errors", "rate"]
    assert lines[1].split()[:3] == ["get", "20", "0"]
    assert lines[-1].startswith("closed model, 4 users x 5: ")
    results = tmp_path / "results"
    (row, total) = csv.DictReader((results / "steps.csv").open(encoding="utf-8"))
    assert (row["step"], row["count"], row["checked"], total["step"]) == ("get", "20", "20", "all requests")
    assert sum(int(row["count"]) for row in csv.DictReader((results / "histogram.csv").open(encoding="utf-8"))) == 20
    assert sum(int(row["ok"]) for row in csv.DictReader((results / "seconds.csv").open(encoding="utf-8"))) == 20
    logged = HistogramLogReader(str(results / "histogram.hlog"), HdrHistogram(1, 3_600_000_000, 3)).get_next_interval_histogram()
    assert logged.get_total_count() == 20
    whole = json.loads((results / "result.json").read_text(encoding="utf-8"))
    assert (whole["workers"], whole["unsent"], whole["stopped"]) == (2, {}, "")


def test_each_user_keeps_the_cookies_that_it_was_given(tmp_path):
    async def handler(reader, writer):
        number, has = id(writer), b""
        while True:
            head, _ = await read_request(reader)
            right = has in head if has else b"Cookie" not in head
            has = b"Cookie: sid=%d" % number
            body = b'{"status": "ok"}' if right else b"{}"
            writer.write(
                b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=%d; Path=/\r\nContent-Length: %d\r\n\r\n" % (number, len(body)) + body
            )

    with raw_serving(handler) as port:
        result = engine.run(scenario.read(declared(port, "3 users x 4"), tmp_path))
    assert (result.total.ok, result.total.examples) == (12, {})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_load_keeps_what_it_has_and_says_so(tmp_path, number):
    seen = threading.Event()

    async def handler(reader, writer):
        while True:
            await read_request(reader)
            writer.write(OK)
            seen.set()

    with raw_serving(handler) as port:
        process = command(tmp_path, port, "2 users for 300 s", think="10 ms")
        assert seen.wait(120)
        process.send_signal(number)
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 3
    assert "PARTIAL: the load was interrupted." in output
    whole = json.loads((tmp_path / "results" / "result.json").read_text(encoding="utf-8"))
    assert whole["stopped"] == "the load was interrupted"
    assert whole["steps"][0]["ok"] > 0


def test_a_worker_that_is_killed_makes_the_load_not_evaluated(tmp_path):
    with raw_serving(answering(OK)) as port:
        process = command(tmp_path, port, "2 users for 300 s", think="10 ms")
        parent = psutil.Process(process.pid)
        until(parent.children, "a worker is there")
        parent.children()[0].kill()
        output, errors = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "ended without its results" in output or "could not be started" in errors


def test_a_mistake_is_one_sentence(tmp_path):
    done = command(tmp_path, 1, "soon")
    output, errors = done.communicate(timeout=120)
    assert (done.returncode, output) == (2, "")
    assert errors.startswith("'soon' is no stage of a load: write for example")
    assert len(errors.splitlines()) == 1


def test_a_system_that_hangs_and_one_that_is_gone_end_in_time(tmp_path):
    with raw_serving(hanging) as port:
        hung = engine.run(scenario.read(declared(port, "2 users x 1", timeout="200 ms"), tmp_path))
    assert dict(hung.total.errors) == {"timeout": 2}
    with closed_port() as port:
        gone = engine.run(scenario.read(declared(port, "2 users x 2"), tmp_path))
    assert dict(gone.total.errors) == {"refused": 4}
    assert gone.total.examples == {"refused": "connection refused"}


def test_a_load_stops_when_its_error_budget_is_used_up(tmp_path):
    with raw_serving(answering(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")) as port:
        budget = declared(port, "2 users for 60 s", think="5 ms", limits={"errors": 0.5})
        result = engine.run(scenario.read(budget, tmp_path))
    assert result.stopped == "the error budget of 50% was used up"
    assert result.total.count < 5000
    assert result.total.examples == {"status": "expected 200, observed 503"}


def test_the_result_is_kept_when_the_run_is_broken_off(tmp_path):
    kept = []

    def progress(so_far):
        if so_far.sent:
            raise KeyboardInterrupt

    with raw_serving(answering(OK)) as port:
        whole = scenario.read(declared(port, "2 users for 300 s", think="10 ms"), tmp_path)
        with pytest.raises(KeyboardInterrupt):
            engine.run(whole, keep=kept.append, progress=progress)
    (result,) = kept
    assert result.stopped == "the load was interrupted"
