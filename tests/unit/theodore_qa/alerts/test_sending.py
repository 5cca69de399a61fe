"""Alerts reach real receivers on loopback; one that is down, slow or answers nonsense is named, and nothing is lost."""

import contextlib
import hashlib
import hmac
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller
from judged_runs import finished, judged

from theodore_qa.alerts import occasion, sending
from theodore_qa.alerts.receivers import Receiver
from theodore_qa.history import entry, store

HOSTILE = "<!channel> <b>& ::error::x\n::warning::y"


@contextlib.contextmanager
def receiving(status=200, body=b"ok", headers=()):
    """A web server that keeps what it is sent; its URL and that."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", got
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def answering(behave):
    """A socket that does with each connection what it likes; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    behave(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


@pytest.fixture
def found(tmp_path):
    """What a run with a regression, a failed gate and a hostile message gives occasion to say."""
    suites = tmp_path / "suites" / "e2e"
    suites.mkdir(parents=True)
    before = finished([judged("a.robot", "A"), judged("a.robot", "B")], tmp_path, suites=suites)
    before.id = "run-0"
    store.record(tmp_path / "history", entry.of(before))
    tests = [judged("a.robot", "A", "FAIL", line=7, message=HOSTILE), judged("a.robot", "B"), judged("a.robot", "New", "FAIL")]
    run = finished(tests, tmp_path, suites=suites, failed_gates=["The gate g failed."])
    run.history = tmp_path / "history"
    return occasion.of(run)


def send(found, folder, *receivers):
    return sending.send(receivers, found, folder)


def test_a_webhook_gets_json_with_a_signature_and_only_once(found, tmp_path, monkeypatch):
    with receiving() as (url, got):
        monkeypatch.setenv("HOOK", url)
        monkeypatch.setenv("KEY", "the-key-of-the-hook")
        hook = Receiver("hook", "webhook", url_env="HOOK", secret_env="KEY")
        assert send(found, tmp_path / "alerts", hook) == ["hook (webhook): sent (regression, gate)."]
        assert send(found, tmp_path / "alerts", hook) == []
    ((path, headers, body),) = got
    assert (path, headers["Content-Type"]) == ("/hook", "application/json; charset=utf-8")
    assert headers["X-Theodore-Signature"] == "sha256=" + hmac.new(b"the-key-of-the-hook", body, hashlib.sha256).hexdigest()
    data = json.loads(body)
    assert (data["run"], data["environment"], data["exit_code"]) == ("r", "staging", 1)
    assert data["facts"] == {
        "regression": [{"sentence": "A (e2e/a.robot) fails now; in run run-0: PASS.", "source": "e2e/a.robot", "line": 7}],
        "gate": [{"sentence": "The gate g failed.", "source": None, "line": None}],
    }
    assert json.loads((tmp_path / "alerts" / "r-hook.json").read_text())["state"] == "sent"


def test_two_processes_at_once_send_one_alert(found, tmp_path, monkeypatch):
    with receiving() as (url, got):
        monkeypatch.setenv("HOOK", url)
        hook = Receiver("hook", "webhook", url_env="HOOK")
        printed = []
        threads = [threading.Thread(target=lambda: printed.extend(send(found, tmp_path / "alerts", hook))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(got), printed) == (1, ["hook (webhook): sent (regression, gate)."])


def test_slack_gets_blocks_of_plain_text(found, tmp_path, monkeypatch):
    with receiving() as (url, got):
        monkeypatch.setenv("CHAT", url)
        send(found, tmp_path, Receiver("chat", "slack", ("failure",), url_env="CHAT"))
    data = json.loads(got[0][2])
    assert data["text"] == "Run r on staging failed"
    assert {block["type"] for block in data["blocks"]} == {"section"}
    assert {block["text"]["type"] for block in data["blocks"]} == {"plain_text"}
    assert f"- A (a.robot): {HOSTILE}" in data["blocks"][0]["text"]["text"]


def test_a_receiver_hears_only_of_what_it_asks_for(found, tmp_path):
    assert send(found, tmp_path / "alerts", Receiver("ci", "github", ("incomplete",))) == []
    assert not (tmp_path / "alerts").exists()


class Mailbox:
    def __init__(self):
        self.messages = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
        self.messages.append(envelope)
        return "250 kept"


@pytest.fixture
def mailbox():
    """A mail server; its address and what it was sent."""
    kept = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield f"127.0.0.1:{port}", kept.messages
    controller.stop()


def mail(server, **more):
    settings = {"tls": "none", "sender": "qa@example.com", "recipients": ("a@example.com", "b@example.com"), "within": 5.0}
    return Receiver("mail", "email", server=server, **settings | more)


def test_mail_goes_to_all_recipients(found, tmp_path, mailbox):
    from email import message_from_bytes
    from email.policy import default

    server, messages = mailbox
    assert send(found, tmp_path, mail(server)) == ["mail (email): sent (regression, gate)."]
    (envelope,) = messages
    assert (envelope.mail_from, envelope.rcpt_tos) == ("qa@example.com", ["a@example.com", "b@example.com"])
    message = message_from_bytes(envelope.content, policy=default)
    assert message["Subject"] == "Run r on staging failed"
    assert "- A (e2e/a.robot) fails now; in run run-0: PASS." in message.get_content()


def test_mail_is_not_sent_without_the_encryption_that_was_asked_for(found, tmp_path, mailbox):
    server, messages = mailbox
    (sentence,) = send(found, tmp_path, mail(server, tls="starttls"))
    assert sentence.startswith("mail (email): not sent: the server did not take it (SMTPNotSupportedError).")
    assert messages == []


def trickle(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    while not ended.wait(0.05):
        connection.sendall(b"x")


ended = threading.Event()


def garbage(connection):
    connection.recv(65536)
    connection.sendall(b"\x00\xff nonsense\r\n\r\n")


def reset(connection):
    connection.recv(1)


@pytest.mark.parametrize(
    ("behave", "sentence"),
    [
        (garbage, "not sent: it did not answer in HTTP"),
        (reset, "not sent: it "),
        (lambda connection: ended.wait(5), "not sent: it did not answer within 0.3 s."),
        (trickle, "not sent: it did not answer within 0.3 s."),
    ],
)
def test_a_receiver_that_answers_nonsense_is_named_and_the_alert_kept(found, tmp_path, monkeypatch, behave, sentence):
    ended.clear()
    with answering(behave) as port:
        monkeypatch.setenv("HOOK", f"http://127.0.0.1:{port}/secret-of-the-hook")
        (printed,) = send(found, tmp_path, Receiver("hook", "webhook", url_env="HOOK", within=0.3))
        ended.set()
    assert sentence in printed
    assert printed.endswith(f"It is kept in {tmp_path / 'r-hook.json'}.")
    assert "secret-of-the-hook" not in printed + (tmp_path / "r-hook.json").read_text()
    kept = json.loads((tmp_path / "r-hook.json").read_text())
    assert kept["state"] in ("not sent", "not known to be sent")
    assert kept["alert"]["facts"]["regression"]


@pytest.mark.parametrize(
    ("status", "headers", "sentence"),
    [
        (500, (), "not sent: it answered 500."),
        (404, (), "not sent: it answered 404."),
        (302, (("Location", "/elsewhere"),), "not sent: it answered 302."),
    ],
)
def test_another_answer_than_yes_is_no_delivery(found, tmp_path, monkeypatch, status, headers, sentence):
    with receiving(status, b"no", headers) as (url, got):
        monkeypatch.setenv("HOOK", url)
        (printed,) = send(found, tmp_path, Receiver("hook", "webhook", url_env="HOOK"))
    assert sentence in printed
    assert len(got) == 1


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "HOOK is not set"),
        ("ftp://127.0.0.1/", "its address does not begin with http:// or https://"),
        ("http://", "not sent: it "),
        ("http://127.0.0.1:notaport/", "not sent: it "),
        ("http://127.0.0.1:{closed}/", "it cannot be reached (Connection refused)"),
    ],
)
def test_an_address_that_leads_nowhere_is_named(found, tmp_path, monkeypatch, url, sentence):
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    monkeypatch.setenv("HOOK", url.format(closed=closed))
    (printed,) = send(found, tmp_path, Receiver("hook", "webhook", url_env="HOOK"))
    assert sentence in printed


def test_a_mail_server_that_is_none_is_named(found, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    (printed,) = send(found, tmp_path, mail(f"127.0.0.1:{closed}"))
    assert "not sent: the server did not take it (Connection refused)" in printed


def test_github_gets_annotations_that_text_cannot_break(found, tmp_path, monkeypatch, capsys):
    ci = Receiver("ci", "github", ("failure",))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert "not sent: this is no workflow of GitHub" in send(found, tmp_path / "a", ci)[0]
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert send(found, tmp_path / "b", ci) == ["ci (github): sent (failure)."]
    first, second = [line for line in capsys.readouterr().out.splitlines() if line]
    assert first == (
        "::error file=suites/e2e/a.robot,line=7,title=Failure::A (a.robot): <!channel> <b>& ::error::x%0A::warning::y"
    )
    assert second.startswith("::error file=suites/e2e/a.robot,line=1,title=Failure::New (a.robot):")
    summary = (tmp_path / "summary.md").read_text()
    assert "<!channel>" not in summary
    assert "&lt;!channel&gt;" in summary


def test_a_folder_that_takes_no_file_costs_no_verdict(found, tmp_path):
    (tmp_path / "alerts").write_text("a file")
    (printed,) = send(found, tmp_path / "alerts", Receiver("ci", "github"))
    assert "not sent: it could not be kept in" in printed
