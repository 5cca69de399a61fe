"""The pretenders do what they say, seen from a client, and leave nothing behind."""

import json
import socket
import threading

import httpx
import pytest

from theodore_qa.adversaries.mutants import enumerate_mutants, Mutant, MutantInterceptor, sample
from theodore_qa.adversaries.nulls import NullSystem
from theodore_qa.adversaries.proxy import InterceptingProxy, RawExchange, Server
from theodore_qa.adversaries.replay import ExchangeRecorder, Replay

BODY = {"id": "res_1", "name": "Acme", "size": 5, "ok": True, "tags": ["a", "b"], "none": None, "inner": {"a": "x", "b": "y"}}


class Service(Server):
    """A small honest service that counts."""

    count = 0

    def answer(self, method, path, headers, body):
        self.count += 1
        if path == "/none":
            return RawExchange(method, path, body, 204, (), b"")
        if path == "/big":
            return RawExchange(method, path, body, 200, (("Content-Type", "text/plain"),), b"x" * 1_000_000)
        if path == "/echo":
            return RawExchange(method, path, body, 201, (("Content-Type", "text/plain"),), body)
        if path == "/error":
            return RawExchange(method, path, body, 503, (("Retry-After", "1"),), b"down")
        text = json.dumps(BODY | {"count": self.count}).encode()
        return RawExchange(method, path, body, 200, (("Content-Type", "application/json"),), text)


@pytest.fixture
def service():
    with Service() as service:
        yield service


@pytest.mark.parametrize(
    ("kind", "status", "text"), [("ok", 200, "{}"), ("401", 401, None), ("404", 404, None), ("500", 500, None)]
)
def test_null_systems_answer_everything_alike(kind, status, text):
    before = threading.active_count()
    with NullSystem(kind) as system, httpx.Client() as client:
        for method in ("GET", "POST", "DELETE"):
            answer = client.request(method, f"{system.url}/any", content=b"x" * 100 if method == "POST" else None)
            assert answer.status_code == status
            assert text in {None, answer.text}
    assert threading.active_count() == before


def test_the_closed_system_refuses_and_the_hanging_one_never_answers():
    with NullSystem("closed") as system, pytest.raises(httpx.ConnectError):
        httpx.get(system.url)
    with NullSystem("hanging") as system, pytest.raises(httpx.ReadTimeout):
        httpx.get(system.url, timeout=0.3)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", int(system.url.rpartition(":")[2])))


def test_the_proxy_passes_everything_through(service):
    with InterceptingProxy(service.url) as proxy, httpx.Client(base_url=proxy.url) as client:
        assert client.get("/none").status_code == 204
        assert len(client.get("/big").content) == 1_000_000
        assert client.post("/echo", content=b"hello").text == "hello"
        assert client.get("/error").headers["retry-after"] == "1"
        assert client.head("/big").headers["content-type"] == "text/plain"
        threads = [threading.Thread(target=client.get, args=("/any",)) for _ in range(20)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    assert service.count == 25


def test_a_dead_upstream_is_a_502():
    with NullSystem("closed") as nothing, InterceptingProxy(nothing.url) as proxy:
        assert httpx.get(proxy.url).status_code == 502


def test_a_replay_answers_as_recorded(service):
    recorder = ExchangeRecorder()
    with InterceptingProxy(service.url, recorder) as proxy:
        recorded = [httpx.get(f"{proxy.url}/research/res_1").json() for _ in range(2)]
    with Replay(recorder.exchanges) as replay:
        played = [httpx.get(f"{replay.url}/research/res_1").json() for _ in range(3)]
        other = httpx.get(f"{replay.url}/research/res_9").json()
        assert httpx.get(f"{replay.url}/unknown").status_code == 404
    assert played == [*recorded, recorded[1]]
    assert other == recorded[1]


def mutated(service, mutant, times=2):
    interceptor = MutantInterceptor(mutant)
    with InterceptingProxy(service.url, interceptor) as proxy:
        answers = [httpx.get(f"{proxy.url}/research/res_1") for _ in range(times)]
    return answers[-1], interceptor.applied


OPERATION = "GET /research/{id}"


@pytest.mark.parametrize(
    ("kind", "pointer", "expected"),
    [
        ("drop", ("name",), {"name": None}),
        ("change", ("name",), {"name": "cmeAx"}),
        ("change", ("ok",), {"ok": False}),
        ("change", ("tags",), {"tags": ["a"]}),
        ("shift", ("size",), {"size": 8.5}),
    ],
)
def test_each_kind_changes_one_place(service, kind, pointer, expected):
    answer, applied = mutated(service, Mutant(OPERATION, 200, kind, pointer))
    body = answer.json()
    assert {name: body.get(name) for name in expected} == expected
    assert {name: value for name, value in body.items() if name not in {*expected, "count"}} == {
        k: v for k, v in BODY.items() if k not in expected
    }
    assert applied == 2


def test_swap_repeat_status_truncate_and_empty(service):
    assert mutated(service, Mutant(OPERATION, 200, "swap", ("inner", "a"), ("inner", "b")))[0].json()["inner"] == {
        "a": "y",
        "b": "x",
    }
    answer, applied = mutated(service, Mutant(OPERATION, 200, "repeat"))
    assert (answer.json()["count"], applied) == (3, 1)
    assert mutated(service, Mutant(OPERATION, 200, "status-500"))[0].status_code == 500
    assert mutated(service, Mutant(OPERATION, 200, "status-204"))[0].content == b""
    assert mutated(service, Mutant(OPERATION, 200, "empty"))[0].json() == {}
    with pytest.raises(json.JSONDecodeError):
        mutated(service, Mutant(OPERATION, 200, "truncate"))[0].json()


def test_a_mutant_that_fits_nothing_is_not_applied(service):
    assert mutated(service, Mutant("POST /research/{id}", 200, "empty"))[1] == 0


def test_nulls_are_left_alone_and_samples_repeat_with_their_seed(service):
    recorder = ExchangeRecorder()
    with InterceptingProxy(service.url, recorder) as proxy:
        httpx.get(f"{proxy.url}/research/res_1")
    mutants = enumerate_mutants(recorder.exchanges)
    assert not any("none" in mutant.pointer for mutant in mutants)
    assert len({mutant.id for mutant in mutants}) == len(mutants)
    assert sample(mutants, 5, 7) == sample(mutants, 5, 7)
    assert len(sample(mutants, 5, 7)) == 5
