"""The same scenario on Locust: a real master and two real workers on this machine, and the scenario as a locustfile."""

import os
import socket
import subprocess
import sys

import pytest
from raw_server import answering, closed_port, OK, raw_serving, read_request
from waiting import until

from theodore_load import engine, on_locust, scenario
from theodore_load.on_locust import exporting
from theodore_qa.errors import NotEvaluatedError, UsageError

pytestmark = [pytest.mark.needs("locust"), pytest.mark.xdist_group("locust")]
TOKEN = "token-of-ann-98765"
GET = {"name": "get", "request": "GET /", "expect": {"fields": {"status": "ok"}}}


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def crowd():
    """The addresses of a master, with two workers that wait for it."""
    address = f"127.0.0.1:{free_port()}"
    workers = [subprocess.Popen([sys.executable, "-m", "theodore_load.on_locust.worker", address]) for _ in range(2)]
    yield on_locust.addresses(address, 2, "2 minutes")
    for worker in workers:
        worker.terminate()
        worker.wait(30)


def whole(port, stages, *steps, **entries):
    declared = {
        "url": f"http://127.0.0.1:{port}",
        "stages": stages,
        "users": 20,
        "journeys": [{"name": "all", "steps": list(steps or [GET])}],
        "limits": {"lateness": 60},
    }
    return declared | entries


def ran(crowd, folder, *arguments, **entries):
    return engine.run(scenario.read(whole(*arguments, **entries), folder), locust=crowd)


def test_arrivals_are_as_many_as_planned_over_both_workers(crowd, tmp_path):
    with raw_serving(answering(OK)) as port:
        result = ran(crowd, tmp_path, port, ["40/s for 500 ms", "20/s for 500 ms"])
    assert (result.total.count, result.total.checked, result.partial, dict(result.unsent)) == (30, 30, "", {})
    assert (result.workers, len(result.cpu)) == (2, 2)
    assert result.row(result.of("get"))["p95"] > 0
    assert sum(row["ok"] for row in result.by_second()) == 30


def test_a_journey_takes_values_and_each_user_has_an_identity(crowd, tmp_path):
    async def orders(reader, writer):
        while True:
            head, body = await read_request(reader)
            known = f"Bearer {TOKEN}" in head.decode()
            text = f'{{"id": "7", "name": {body.decode() or "0"}}}' if b"POST" in head else '{"id": "7", "status": "done"}'
            status = 200 if known and (b"POST" in head or b"/orders/7" in head) else 401
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())

    make = {"name": "make", "request": "POST /orders", "json": "{{user}}", "take": {"order": "id"}, "expect": {"fields": {"id": "7"}}}
    read = {"name": "read", "request": "GET /orders/{{order}}", "until": {"status": "done"}, "expect": {"fields": {"id": "7"}}}
    identities = [{"name": "ann", "headers": {"Authorization": f"Bearer {TOKEN}"}}, {"name": "bob"}]
    with raw_serving(orders) as port:
        result = ran(crowd, tmp_path, port, ["4 users x 3"], make, read, identities=identities)
    assert (result.of("make").ok, result.of("read").ok, result.of("all").ok) == (6, 6, 6)
    assert result.of("make").examples["status"].startswith('expected 200, observed 401 {"id": "7"')
    assert {name: sums[:2] for name, sums in result.served.items()} == {"ann": [12, 0], "bob": [0, 6]}


ANSWERS = {
    "half": b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n{",
    "protocol": b"nonsense\r\n\r\n",
    "check": b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}",
    "status": b"HTTP/1.1 503 X\r\nContent-Length: 4\r\n\r\nbusy",
    "timeout": b"",
}


def test_errors_have_the_kinds_of_our_own_engine(crowd, tmp_path):
    async def bad(reader, writer):
        while True:
            head, _ = await read_request(reader)
            kind = head.split(b" ")[1].decode()[1:]
            writer.write(ANSWERS[kind])
            if kind == "half":
                await writer.drain()
                return

    steps = [GET | {"name": kind, "request": f"GET /{kind}", "timeout": "1 s"} for kind in ANSWERS]
    with raw_serving(bad) as port:
        journeys = [{"steps": [step]} for step in steps]
        result = ran(crowd, tmp_path, port, [f"2 users x {len(steps)}"], journeys=journeys)
    assert {figures.name: dict(figures.errors) for figures in result.steps} == {
        kind: {"protocol" if kind == "half" else kind: 2} for kind in ANSWERS
    }


def test_a_closed_port_is_refused(crowd, tmp_path):
    with closed_port() as port:
        assert dict(ran(crowd, tmp_path, port, ["2 users x 2"]).total.errors) == {"refused": 4}


def test_an_interrupted_load_keeps_its_figures(crowd, tmp_path):
    counts = []
    with raw_serving(answering(OK)) as port:
        made = scenario.read(whole(port, ["2 users for 300 s"], think="10 ms"), tmp_path)
        result = engine.run(made, locust=crowd, interrupted=lambda: bool(counts), progress=lambda so_far: counts.append(1) if so_far.sent else None)
    assert result.partial == "the load was interrupted"
    assert result.total.ok > 0


def test_workers_that_do_not_come_are_counted(tmp_path):
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(NotEvaluatedError) as raised:
        ran(on_locust.addresses(address, 2, "100 ms"), tmp_path, 9, ["2 users x 2"])
    assert str(raised.value) == (
        f"NOT EVALUATED: the load was not run on Locust: 0 of 2 workers came to Locust's master at {address} within 0.1 s: start them "
        f"by 'python -m theodore_load.on_locust.worker {address}'."
    )


@pytest.mark.parametrize("step", [{"name": "live", "request": "SSE /", "session": {"receive": 1}, "expect": {"text": "a"}}, GET | {"redirects": 2}])
def test_what_locust_does_not_send_is_refused(tmp_path, step):
    with pytest.raises(UsageError, match="which is not sent by Locust: leave out engine=locust"):
        ran(on_locust.addresses("127.0.0.1:5557", 1), tmp_path, 9, ["2 users x 2"], step)


def test_a_locustfile_runs_and_holds_no_credentials(tmp_path):
    identities = [{"name": "ann", "headers": {"Authorization": f"Bearer {TOKEN}"}}]
    heard = []

    async def known(reader, writer):
        while True:
            head, _ = await read_request(reader)
            heard.append(TOKEN in head.decode())
            writer.write(OK)

    with raw_serving(known) as port:
        made = scenario.read(whole(port, ["2 users for 1 s"], identities=identities, think="50 ms"), tmp_path)
        (tmp_path / "shop.py").write_text(exporting.locustfile(made, "shop.py"), encoding="utf-8")
        assert TOKEN not in (tmp_path / "shop.py").read_text(encoding="utf-8")
        command = [sys.executable, "-m", "locust", "--locustfile", "shop.py", "--headless", "--users", "2", "--spawn-rate", "2"]
        env = os.environ | {"THEODORE_LOAD_IDENTITIES": f'[{{"name": "ann", "headers": {{"Authorization": "Bearer {TOKEN}"}}}}]'}
        process = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        until(lambda: len(heard) > 5, "requests came", 60)
        process.terminate()
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0, printed
    assert all(heard)
    assert "0(0.00%)" in printed
