"""A plain installation, without extras and without tools, runs all areas; what it lacks is NOT EVALUATED, with the command.

The modules of the extras are blocked in each process by ``tests/support/plain``, and the PATH is empty.
"""

import json
import os
from pathlib import Path

import pytest
import yaml
from serving import serving
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from theodore_qa import extras, paths

PLAIN = Path(__file__).resolve().parents[1] / "support" / "plain"
KEYWORDS = {
    "Generated": ("Generated Requests Should Be As In The Contract", "Schemathesis, which is needed for generated requests,", "schemathesis"),
    "Sandbox": ("Transport Should Be Encrypted", "cryptography, which is needed for the TLS port of the sandbox,", "cryptography"),
    "Server": ("Transport Should Be Encrypted    https://127.0.0.1:9", "sslyze, which is needed for checks of TLS,", "sslyze"),
    "Container": ("Pause Container    web", "The Docker SDK, which is needed for faults of containers,", "docker"),
    "Load": ("Run A Load", "hdrhistogram, which is needed for load tests,", "hdrh"),
    "Records": ("Read Records    suite.robot    file_format=csv", "DuckDB, which is needed for records,", "duckdb"),
    "Packets": ("Lose Packets    web", "ip, which is needed for lost packets,", "ip"),
    "Sqlmap": ("Scan With Sqlmap    /api/v2/version", "sqlmap", "sqlmap"),
    "Testssl": ("Scan With Testssl", "testssl", "testssl"),
}  # fmt: skip
LOAD = """\
*** Keywords ***
Run A Load
    ${step} =    Define Load Step    GET    /version    text=version
    Run Load Test    ${step}    users=1    iterations=1
"""


@pytest.fixture
def plain(tmp_path):
    empty = tmp_path / "no programs"
    empty.mkdir()
    return {"PYTHONPATH": os.pathsep.join((str(PLAIN), os.environ.get("PYTHONPATH", ""))), "PATH": str(empty)}


def command(name):
    """What brings a module or a program."""
    return (
        f"pip install 'robotframework-theodore[{extras.MODULES[name][1]}]'" if name in extras.MODULES else extras.PROGRAMS[name]
    )


def described(folder, **entries):
    """An environment file with the embedded sandbox and more entries of its system."""
    data = yaml.safe_load((paths.shipped("variables") / "sandbox.yaml").read_text())
    data["systems"]["theodore"] |= entries
    file = folder / "more.yaml"
    file.write_text(yaml.safe_dump(data))
    return file


@pytest.mark.parametrize(
    ("selection", "passes", "lacks"),
    [
        (("e2e", "--scenario", "sessions", "--scenario", "api_generated"), 7, "schemathesis"),
        (("security", "--system", "theodore", "--attack", "jwt-none", "--attack", "hsts"), 1, "cryptography"),
        (("chaos", "--experiment", "ai_service_failure", "--experiment", "timeouts"), 4, ""),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_the_shipped_areas_run(theodore, plain, tmp_path, selection, passes, lacks):
    done = theodore("test", *selection, "--output-report", "report.json", env=plain)
    tests = json.loads((tmp_path / "report.json").read_text())["tests"]
    others = [(test["verdict"], test["message"].endswith(command(lacks))) for test in tests if test["verdict"] != "PASS"]
    assert others == [("NOT EVALUATED", True)] * bool(lacks), done.stdout + done.stderr
    assert len(tests) - len(others) == passes
    assert done.returncode == (3 if lacks else 0)


def test_each_keyword_that_lacks_something_says_how_to_get_it(robot, plain, tmp_path):
    file = described(tmp_path, containers={"web": "web"}, namespaces={"web": "web"})
    rows = "\n".join(f"{name}\n    {row}\n" for name, (row, _, _) in KEYWORDS.items())
    libraries = "".join(f"Library    {name}\n" for name in ("ApiLibrary", "ChaosLibrary", "LoadLibrary", "QualityLibrary", "SecurityLibrary"))
    text = f"*** Settings ***\n{libraries}\n{LOAD}\n*** Test Cases ***\n"
    _, result = robot(text + rows, env=plain | {"THEODORE_ENVIRONMENT": str(file)})
    messages = {test.name: test.message for test in result.suite.tests}
    for name, (_, subject, lacks) in KEYWORDS.items():
        assert messages[name].startswith("NOT EVALUATED: "), messages
        assert f"{subject} is not installed: {command(lacks)}" in messages[name]


def test_a_sandbox_on_postgresql_says_how_to_get_the_driver(theodore, plain, tmp_path):
    file = described(tmp_path, sandbox={"database": "postgresql+psycopg://postgres@127.0.0.1:9/postgres"})
    done = theodore("test", "e2e", "--scenario", "sessions", "--environment", file, env=plain)
    assert "0 FAIL" in done.stdout, done.stdout + done.stderr
    assert f"psycopg, which is needed for a sandbox on PostgreSQL, is not installed: {command('psycopg')}" in done.stdout
    assert f"psycopg is not installed: {command('psycopg')}" in theodore("check", file, env=plain).stdout


def test_a_proof_by_an_image_says_how_to_get_the_sdk(theodore, plain, tmp_path):
    file = tmp_path / "shop.yaml"
    shop = {"operations": ["GET /a"], "proof": {"image_digest": "sha256:1", "container": "web"}}
    allowed = {"kind": "test", "allow": {"active_scan": True}, "hosts": ["127.0.0.1"]}
    suite = tmp_path / "suites" / "security" / "shop.robot"
    suite.parent.mkdir(parents=True)
    suite.write_text("*** Settings ***\nLibrary    SecurityLibrary\n\n*** Test Cases ***\nScan\n    Scan API    banner\n")
    with serving(Starlette(routes=[Route("/a", lambda _: JSONResponse([]))])) as url:
        file.write_text(yaml.safe_dump(allowed | {"name": "shop", "systems": {"shop": shop | {"url": url}}}))
        done = theodore("test", "security", "--environment", file, env=plain)
    assert done.returncode == 3
    assert f"The Docker SDK, which is needed for a proof by an image, is not installed: {command('docker')}" in done.stdout
    assert "0 FAIL, 1 NOT EVALUATED" in done.stdout


def test_check_lists_what_is_lacking_with_its_command(theodore, plain, tmp_path):
    file = described(tmp_path, containers={"web": "web"}, namespaces={"web": "web"})
    done = theodore("check", file, env=plain)
    lines = {line[4:].split("  ")[0]: line for line in done.stdout.splitlines() if line.startswith("  ✘")}
    for ability, names in {
        "generated requests": ["schemathesis"],
        "quality of records": ["duckdb", "scipy"],
        "load": ["hdrh"],
        "container faults": ["docker"],
        "lost packets": ["ip", "iptables"],
        "transport (TLS)": ["sslyze"],
        "scans by sqlmap": ["sqlmap"],
        "scans by testssl": ["testssl"],
    }.items():
        assert all(f"is not installed: {command(name)}" in lines[ability] for name in names), done.stdout
