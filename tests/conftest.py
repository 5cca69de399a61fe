"""What the tests of this project share."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest
import python_image
from components import lacking

ROOT = Path(__file__).resolve().parent.parent
COMPONENTS = {
    "docker": lambda: shutil.which("dockerd") and os.geteuid() == 0,
    "namespaces": lambda: os.geteuid() == 0 and shutil.which("iptables") and shutil.which("ip"),
    "loop devices": lambda: os.geteuid() == 0 and Path("/dev/loop-control").exists() and shutil.which("mkfs.ext4"),
    "libfaketime": lambda: next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None),
    "openssl": lambda: shutil.which("openssl"),
    "Debian's python3": lambda: python_image.PYTHON.is_file() and shutil.which("busybox"),
    "locust": lambda: util.find_spec("locust"),
    "npm": lambda: shutil.which("npm"),
    "sqlmap": lambda: shutil.which("sqlmap"),
    "testssl": lambda: shutil.which("testssl"),
    "chromium": lambda: shutil.which("chromium"),
    "postgresql": lambda: next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None),
}


def pytest_runtest_setup(item):
    """A test that needs a real component is skipped without it, but fails where components are required."""
    for mark in item.iter_markers("needs"):
        component = mark.args[0]
        if not COMPONENTS[component]():
            lacking(f"{component} is not installed")


@pytest.fixture(autouse=True)
def own_secrets():
    """What a test makes known as a secret is blotted out in no other test."""
    from theodore_qa.redaction.secrets import secrets

    before = {name: value.copy() for name, value in vars(secrets).items() if isinstance(value, dict | set | list)}
    yield
    vars(secrets).update(before)
    secrets._compiled = secrets._named = None


@pytest.fixture
def clean_environment(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith(("THEODORE_", "ROBOT_")) and name != "THEODORE_REQUIRE_COMPONENTS":
            monkeypatch.delenv(name)
    monkeypatch.setenv("THEODORE_CHAOS_HOME", str(tmp_path / "chaos"))
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    return dict(os.environ)


@pytest.fixture
def agent(clean_environment):
    """A chaos agent of the test's own."""
    from theodore_qa.faults.agent_client import AgentClient

    own = AgentClient()
    yield own
    own.close()


@pytest.fixture
def theodore(tmp_path, clean_environment):
    """Run the command as a user would, in a folder of its own."""

    def run(*arguments, env=None, cwd=tmp_path, timeout=900):
        command = [sys.executable, "-c", "from theodore_qa.cli import main; main()", *map(str, arguments)]
        return subprocess.run(
            command, cwd=cwd, env=clean_environment | (env or {}), capture_output=True, text=True, timeout=timeout, check=False
        )

    return run


@pytest.fixture
def robot(tmp_path, clean_environment):
    """Run plain robot with the shipped listener on a suite given as text; returns the process and the result."""

    def run(text, *options, env=None, listener=True, name="suite.robot"):
        suite = tmp_path / name
        suite.write_text(text, encoding="utf-8")
        installed = ["--listener", "theodore_qa.listener.Listener"] if listener else []
        output = tmp_path / "out"
        command = [sys.executable, "-m", "robot", *installed, "--outputdir", str(output), *options, str(suite)]
        done = subprocess.run(
            command, cwd=tmp_path, env=clean_environment | (env or {}), capture_output=True, text=True, timeout=900, check=False
        )
        from robot.api import ExecutionResult

        result = ExecutionResult(output / "output.xml") if (output / "output.xml").is_file() else None
        return done, result

    return run


@pytest.fixture
def postgresql(tmp_path):
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    folder = Path("/tmp") / f"theodore-pg-{os.getpid()}"
    folder.mkdir()
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    prefix = ["runuser", "-u", "postgres", "--"] if account else []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*command):
        subprocess.run([*prefix, *command], check=True, capture_output=True, cwd=folder)

    data = folder / "data"
    run(programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run(programs / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
    yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)
