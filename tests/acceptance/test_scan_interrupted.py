"""A scan that cannot go on: the target hangs or disappears, or somebody stops the run. What was found is kept, and the exit code is 3."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from waiting import until

SERVICE = """\
import os, sys, time
from pathlib import Path
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

folder, end = Path(sys.argv[1]), sys.argv[2]
number = 0

def items(request):
    global number
    number += 1
    (folder / "number").write_text(str(number))
    if number > 12 and end == "hang":
        time.sleep(3600)
    if number > 12 and end == "gone":
        os._exit(0)
    if request.url.path != "/items":
        return JSONResponse({"error": "there is no such path"}, 404)
    if request.query_params.get("limit", "1").isdigit():
        return JSONResponse({"items": [1], "id": "shop"}, headers={"x-powered-by": "Express/4.17.1"})
    return JSONResponse({"error": "not valid"}, 422)

import socket
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
(folder / "port").write_text(str(listener.getsockname()[1]))
uvicorn.Server(uvicorn.Config(Starlette(routes=[Route("/{path:path}", items)]), log_level="critical")).run(sockets=[listener])
"""
SUITE = """\
*** Settings ***
Library    SecurityLibrary

*** Test Cases ***
Shop Holds
    Scan API    banner    %s    rate=%s
    Findings Should Not Exceed    high
"""
ENVIRONMENT = """\
name: shop
kind: test
hosts: [127.0.0.1]
allow: {active_scan: true}
systems:
  shop:
    url: http://127.0.0.1:%s
    timeout: %s
    operations: ["GET /items?limit=1"]
    public: ["GET /items"]
    proof: {operation: GET /items, field: id, value: shop}
"""


@pytest.fixture
def scan(tmp_path, clean_environment):
    """Start a run against a service that ends so after a dozen requests."""
    services = []

    def start(end, rate=500, timeout=2, attack="undocumented"):
        (tmp_path / "service.py").write_text(SERVICE)
        services.append(subprocess.Popen([sys.executable, tmp_path / "service.py", tmp_path, end]))
        until((tmp_path / "port").exists, "the service")
        until((tmp_path / "port").read_text, "its port")
        for name, text in {
            "suites/security/scan.robot": SUITE % (attack, rate),
            "variables/shop.yaml": ENVIRONMENT % ((tmp_path / "port").read_text(), timeout),
        }.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        command = [sys.executable, "-c", "from theodore_qa.cli import main; main()", "test", "security", "--environment", "shop"]
        return subprocess.Popen(
            command, cwd=tmp_path, env=clean_environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    yield start
    for service in services:
        service.kill()
        service.wait()


def found(folder):
    results = json.loads((folder / "results" / "findings.sarif").read_text())["runs"][0]["results"]
    return {result["ruleId"] for result in results if result.get("kind", "fail") == "fail"}


@pytest.mark.parametrize("end", ["hang", "gone"])
def test_a_target_that_ends_ends_the_scan_in_minutes(scan, tmp_path, end):
    began = time.monotonic()
    process = scan(end)
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 3, output
    assert "the system stopped answering" in output
    assert "the first was " in output
    assert "banner" in found(tmp_path)
    assert time.monotonic() - began < 300


@pytest.mark.parametrize(
    ("number", "end", "attack"),
    [(signal.SIGTERM, "never", "undocumented"), (signal.SIGINT, "hang", "undocumented"), (signal.SIGTERM, "hang", "stack-trace")],
)
def test_who_stops_the_run_keeps_its_findings(scan, tmp_path, number, end, attack):
    """However long the request may take that is under way, in this thread or in others."""
    process = scan(end, rate=4, timeout=300, attack=attack)
    number_sent = tmp_path / "number"
    until(lambda: number_sent.exists() and int(number_sent.read_text() or 0) > 12, "a dozen requests", limit=60)
    os.kill(process.pid, number)
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 3, output
    assert f"stopped by {signal.Signals(number).name}" in output
    assert "banner" in found(tmp_path)
