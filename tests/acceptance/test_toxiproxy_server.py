"""An environment that names a Toxiproxy server of its own: the keywords work the same, by what its metrics count."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Toxiproxy(BaseHTTPRequestHandler):
    """A Toxiproxy server's API over one proxy, with or without metrics; it counts 1000 bytes for each toxic that is added."""

    protocol_version = "HTTP/1.1"
    toxics: dict = {}  # noqa: RUF012  # one server for each test
    metrics = True
    passed = 0

    def answer(self, status, body, kind="application/json"):
        data = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        if self.path == "/proxies/openai_proxy":
            self.answer(200, {"name": "openai_proxy", "enabled": True, "toxics": list(self.toxics.values())})
        elif self.path == "/proxies/openai_proxy/toxics":
            self.answer(200, list(self.toxics.values()))
        elif self.path == "/metrics" and self.metrics:
            labels = 'direction="upstream",listener="[::]:1",proxy="openai_proxy",upstream="a:1"'
            self.answer(200, f"# HELP x\ntoxiproxy_proxy_received_bytes_total{{{labels}}} {type(self).passed}\n", "text/plain")
        else:
            self.answer(404, {"error": "not found", "status": 404})

    def do_POST(self):
        toxic = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if toxic["type"] == "http":
            self.answer(400, {"error": "invalid toxic type", "status": 400})
            return
        self.toxics[toxic["name"]] = toxic
        type(self).passed += 1000
        self.answer(200, toxic)

    def do_DELETE(self):
        self.toxics.pop(self.path.rpartition("/")[2], None)
        self.answer(204, None)

    def log_message(self, *_):
        pass


@pytest.fixture
def toxiproxy():
    kind = type("OneToxiproxy", (Toxiproxy,), {"toxics": {}, "passed": 0})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kind, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def run(robot, tmp_path, url, body):
    import yaml

    from theodore_qa import paths

    environment = yaml.safe_load((paths.shipped("variables") / "sandbox.yaml").read_text())
    environment["systems"]["theodore"]["proxies"] = {"url": url, "links": {"openai": "openai_proxy"}}
    (tmp_path / "with-toxiproxy.yaml").write_text(yaml.safe_dump(environment))
    text = "*** Settings ***\nLibrary    ChaosLibrary\nLibrary    TheodoreLibrary\n\n*** Test Cases ***\nA\n"
    text += "".join(f"    {line}\n" for line in body.splitlines())
    _, result = robot(text, env={"THEODORE_ENVIRONMENT": str(tmp_path / "with-toxiproxy.yaml")})
    (test,) = result.suite.tests
    return test.status, test.message


LATENCY = """\
${f} =    Add Latency    openai    50 ms    jitter=5 ms    share=0.5
${r} =    Research Company    Slack
Get Research Status    ${r}    ==    completed
Fault Should Have Touched    ${f}"""


def test_toxics_are_set_and_taken_away(robot, tmp_path, toxiproxy):
    kind, url = toxiproxy
    assert run(robot, tmp_path, url, LATENCY) == ("PASS", "")
    assert kind.toxics == {}


def test_one_that_counts_nothing_proves_nothing(robot, tmp_path, toxiproxy):
    kind, url = toxiproxy
    kind.metrics = False
    status, message = run(robot, tmp_path, url, LATENCY)
    assert status == "FAIL"
    assert message.startswith("NOT EVALUATED: chaos.exposure of latency on openai")
    assert message.endswith("the proxy server does not count what passes: start Toxiproxy with -proxy-metrics.")


def test_what_it_cannot_do_is_skipped(robot, tmp_path, toxiproxy):
    _, url = toxiproxy
    status, message = run(robot, tmp_path, url, "Let Dependency Answer    openai    malformed_json")
    assert status == "SKIP"
    assert message == (
        "NOT EVALUATED: This environment cannot have the fault: the proxy server refused the toxic http: invalid toxic type."
    )


def test_a_server_that_is_not_there_is_said_so(robot, tmp_path):
    status, message = run(robot, tmp_path, "http://127.0.0.1:9", "Add Latency    openai    50 ms")
    assert status == "SKIP"
    assert message == (
        "NOT EVALUATED: This environment cannot have the fault: the proxies cannot be reached (the proxy server at "
        "http://127.0.0.1:9 does not answer): start Toxiproxy there, or correct 'proxies'."
    )
