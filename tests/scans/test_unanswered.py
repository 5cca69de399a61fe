"""What brings no answer: it leaves its own place open and no other; JSON of a depth that the service does not bear is a finding."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import services

from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.sending import answers, pacing, sender
from theodore_qa.redaction.secrets import secrets

ROWS = ["GET /items", {"operation": "POST /items", "body": {"name": "pen"}}]
DEPTH = 6000  # brackets that the weak service bears


class Items(BaseHTTPRequestHandler):
    """``server.wrong`` says what becomes of JSON that is too deep, and of numbers that are none; ``sort`` is answered for names only."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def give(self, status):
        body = b'{"name": "pen"}'
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):  # the base class calls it
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items()}
        if query.get("sort", "name") != "name":
            self.close_connection = True
        elif query.get("at_least", "1") != "1":
            self.give(500 if self.server.wrong == "counts" else 422)
        else:
            self.give(200)

    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        deep = raw.count(b"{") + raw.count(b"[")
        if deep > DEPTH and self.server.wrong == "drops":
            self.close_connection = True
        elif deep > DEPTH and self.server.wrong == "dies":
            self.close_connection = True
            self.server.socket.close()
        elif deep > DEPTH and self.server.wrong == "fails":
            self.give(500)
        else:
            good = deep < 10 and len(raw) < 1000 and isinstance(json.loads(raw).get("name"), str)
            self.give(200 if good else 422)


@contextlib.contextmanager
def serving(wrong):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Items)
    server.wrong, server.daemon_threads, server.handle_error = wrong, True, lambda *_: None
    port = server.server_port
    thread = threading.Thread(target=_serve, args=(server,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        if wrong != "dies":
            server.shutdown()
        server.server_close()


def _serve(server):
    with contextlib.suppress(OSError, ValueError):  # of the socket that was closed
        server.serve_forever(poll_interval=0.05)


@pytest.mark.parametrize(
    ("wrong", "observed", "severity"),
    [
        ("drops", "JSON 10,000 levels deep is not answered", Severity.MEDIUM),
        ("dies", "JSON 10,000 levels deep is not answered", Severity.HIGH),
        ("fails", "JSON 10,000 levels deep makes the server fail, 5,000 levels do not", Severity.MEDIUM),
        ("", "", None),
    ],
)
def test_depth_that_the_service_does_not_bear(monkeypatch, wrong, observed, severity):
    monkeypatch.setattr(sender, "RECOVERY", 0.0)
    with serving(wrong) as url:
        scan = services.scanned(services.target(url, ROWS), "size-limit", allow_changes=True)
    deep = "POST /items (JSON of up to 20,000 levels)"
    assert deep in scan.coverage["size-limit"].tried, scan.coverage["size-limit"].skipped
    assert [(finding.locations, finding.severity) for finding in scan.findings] == (
        [(("POST /items",), severity)] if wrong else []
    )
    assert all(finding.observed.startswith(observed) and "5,000 levels" in finding.observed for finding in scan.findings)
    assert bool(scan.stopped) == (wrong == "dies")


@pytest.mark.parametrize("probe", ["server-error", "stack-trace"])
@pytest.mark.parametrize("wrong", ["counts", ""])
def test_a_place_that_brings_no_answer_leaves_the_others_their_verdict(monkeypatch, probe, wrong):
    monkeypatch.setattr(answers, "MOST_UNANSWERED", 2)
    monkeypatch.setattr(sender, "SILENT_ENOUGH", 1000)
    with serving(wrong) as url:
        scan = services.scanned(services.target(url, ["GET /items?sort=name&at_least=1"]), probe)
    assert set(scan.coverage[probe].open) == {"GET /items query sort"}
    found = [finding.locations for finding in scan.findings]
    assert found == ([("GET /items",)] if wrong and probe == "server-error" else [])


def test_values_that_several_operations_leave_alone_are_no_end_of_the_system():
    rows = [*(f"GET /{name}?sort=name" for name in "abcdef"), "GET /last?at_least=1"]
    with serving("") as url:
        scan = services.scanned(services.target(url, rows), "command-injection", threads=8)
    assert scan.stopped == ""
    assert "GET /last query at_least" in scan.coverage["command-injection"].tried
    assert set(scan.coverage["command-injection"].open) == {f"GET /{name} query sort" for name in "abcdef"}


class Silent(Items):
    """What answers until somebody sends a quotation mark, and never again; ``server.sent`` holds the texts that came."""

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        self.server.sent += query.get("name", [])
        if self.server.wrong == "silent" and ("'" in "".join(query.get("name", [])) or self.server.gone):
            self.server.gone = self.close_connection = True
        else:
            self.give(200)


@contextlib.contextmanager
def recording(wrong):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    server.wrong, server.daemon_threads, server.sent, server.gone = wrong, True, [], False
    threading.Thread(target=_serve, args=(server,), daemon=True).start()
    try:
        yield server, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_system_that_stops_names_the_first_request_without_an_answer(monkeypatch):
    monkeypatch.setattr(sender, "SILENT_ENOUGH", 3)
    monkeypatch.setattr(sender, "RECOVERY", 0.0)
    with recording("silent") as (_, url):
        scan = services.scanned(services.target(url, ["GET /items?name=pen"]), "stack-trace")
    assert "the system stopped answering" in scan.stopped
    assert "; the first was GET /items?name=qa%5B%5D%27" in scan.stopped


def test_secrets_are_left_out_of_the_first_request_without_an_answer():
    secrets.add("hidden-9X-word", "a password")
    shortened = pacing._shortened(
        "POST", "/sign-in?key=hidden-9X-word", b'{"password": "hidden-9X-word", "more": "' + b"x" * 9000
    )
    assert shortened.startswith("POST /sign-in?key=")
    assert "hidden" not in shortened
    assert "9X" not in shortened
    assert len(shortened) < 300


def test_no_long_run_of_digits_is_sent_before_expressions_are_tried():
    with recording("") as (server, url):
        services.scanned(services.target(url, ["GET /items?name=pen"]), "stack-trace")
    digits = [text for text in server.sent if text.isdigit()]
    assert max(map(len, digits)) == 23
    assert int(max(digits, key=len)) > 2**64
