"""An environment that names a Toxiproxy server of its own: the keywords work the same, by what its metrics count."""

import http.client
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fault_proxy import Server

OWN = (b'"http"', b'"corrupt"')


class Toxiproxy(BaseHTTPRequestHandler):
    """A Toxiproxy server as far as its API goes: our proxy, which is as strict in types, without what only ours has."""

    protocol_version = "HTTP/1.1"
    server_url = ""
    metrics = True

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.endswith("/exposure") or (self.path == "/metrics" and not self.metrics):
            status, text = 404, b"404 page not found"
        elif self.path.endswith("/toxics") and any(kind in body for kind in OWN):
            status, text = 400, b'{"error":"invalid toxic type","status":400}'
        else:
            connection = http.client.HTTPConnection(self.server_url.removeprefix("http://"), timeout=60)
            connection.request(self.command, self.path, body or None)
            reply = connection.getresponse()
            status, text = reply.status, reply.read()
            connection.close()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815  # http.server calls them so

    def log_message(self, *_):
        pass


class Web(BaseHTTPRequestHandler):
    """A service that ends each connection after its answer."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x" * 1000)

    def log_message(self, *_):
        pass


@pytest.fixture
def toxiproxy():
    own, web = Server(), ThreadingHTTPServer(("127.0.0.1", 0), Web)
    listen = own.proxy("openai_proxy", f"127.0.0.1:{web.server_port}")
    kind = type("OneToxiproxy", (Toxiproxy,), {"server_url": own.url, "own": own, "link": f"http://{listen}/"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    for service in (web, server):
        threading.Thread(target=service.serve_forever, daemon=True).start()
    yield kind, f"http://127.0.0.1:{server.server_port}"
    for service in (web, server):
        service.shutdown()
    own.close()


@pytest.fixture
def agent(clean_environment):
    from theodore_qa.faults.agent_client import AgentClient

    own = AgentClient()
    yield own
    own.close()


def ask(link, times=3):
    for _ in range(times):
        try:
            with urllib.request.urlopen(link, timeout=2) as answer:
                answer.read()
        except (OSError, http.client.HTTPException):
            continue


DISTURBING = {
    "latency": {"latency": 20, "jitter": 5},
    "bandwidth": {"rate": 10},
    "slow_close": {"delay": 20},
    "timeout": {"timeout": 20},
    "reset_peer": {"timeout": 0},
    "slicer": {"average_size": 20, "size_variation": 0, "delay": 10},
    "limit_data": {"bytes": 10},
}
IDLE = {
    "bandwidth": ({"rate": 10_000_000}, "bytes take 0.000 ms at 10000000 KB/s"),
    "slicer": ({"average_size": 10_000_000, "delay": 10}, "bytes fit into one piece of 10000000"),
    "limit_data": ({"bytes": 10_000_000}, "got through"),
}


@pytest.mark.parametrize("kind", DISTURBING)
def test_what_a_toxic_disturbed_is_seen_in_the_metrics(toxiproxy, agent, kind):
    server, url = toxiproxy
    parameters = {"api": url, "proxy": "openai_proxy", "type": kind, "attributes": DISTURBING[kind]}
    fault = agent.inject("toxic", parameters, duration=60)
    ask(server.link)
    agent.undo(fault)
    assert fault.ended == "asked"
    assert fault.disturbed, fault.exposure
    idle = agent.inject("toxic", parameters, duration=60)
    agent.undo(idle)
    assert not idle.disturbed, idle.exposure


@pytest.mark.parametrize("kind", IDLE)
def test_a_toxic_that_cannot_disturb_is_seen_not_to(toxiproxy, agent, kind):
    server, url = toxiproxy
    attributes, reason = IDLE[kind]
    fault = agent.inject("toxic", {"api": url, "proxy": "openai_proxy", "type": kind, "attributes": attributes}, duration=60)
    ask(server.link)
    agent.undo(fault)
    assert not fault.disturbed
    assert fault.exposure["no_effect"].endswith(reason), fault.exposure


def test_fractions_are_refused_as_a_go_server_does(toxiproxy, agent):
    from theodore_qa.faults.agent_client import ImpossibleFaultError

    _, url = toxiproxy
    parameters = {"api": url, "proxy": "openai_proxy", "type": "latency", "attributes": {"latency": 300.0}}
    with pytest.raises(ImpossibleFaultError, match="the proxy server refused the toxic latency: bad request body"):
        agent.inject("toxic", parameters, duration=60)
    parameters["attributes"] = {"latency": 3, "jiter": 1}
    with pytest.raises(ImpossibleFaultError, match="the proxy server did not take jiter of the toxic latency"):
        agent.inject("toxic", parameters, duration=60)
    assert server_toxics(toxiproxy) == []


def server_toxics(toxiproxy):
    return toxiproxy[0].own.ask("GET", "/proxies/openai_proxy/toxics")[1]


@pytest.mark.needs("namespaces")
def test_a_link_that_is_down_is_proved_on_connections_of_one_request_each(toxiproxy, agent):
    server, url = toxiproxy
    ask(server.link)
    fault = agent.inject("link_down", {"api": url, "proxy": "openai_proxy"}, duration=60)
    ask(server.link)
    agent.undo(fault)
    ask(server.link)
    assert (fault.ended, fault.exposure) == ("asked", {"connections": 3})
    unused = agent.inject("link_down", {"api": url, "proxy": "openai_proxy"}, duration=60)
    agent.undo(unused)
    assert unused.exposure == {"connections": 0}


TAKEN = {
    "reset": ("toxic", ("POST", "/reset", None), "somebody took the toxic away from the proxy"),
    "removed": ("toxic", ("DELETE", "/proxies/openai_proxy", None), "somebody removed the proxy 'openai_proxy'"),
    "off": ("toxic", ("POST", "/proxies/openai_proxy", {"enabled": False}), "somebody switched the proxy 'openai_proxy' off"),
    "on": ("link_down", ("POST", "/reset", None), "somebody switched the proxy 'openai_proxy' on"),
}


@pytest.mark.parametrize("how", TAKEN)
def test_a_fault_that_somebody_takes_away_is_void(toxiproxy, agent, how):
    server, url = toxiproxy
    kind, act, reason = TAKEN[how]
    parameters = {"api": url, "proxy": "openai_proxy"}
    more = {"type": "latency", "attributes": {"latency": 5}} if kind == "toxic" else {}
    fault = agent.inject(kind, parameters | more, duration=60)
    ask(server.link)
    server.own.ask(*act)
    agent.undo(fault)
    assert fault.lapsed
    assert fault.ended == reason


def test_a_changed_toxic_is_void(toxiproxy, agent):
    server, url = toxiproxy
    parameters = {"api": url, "proxy": "openai_proxy", "type": "latency", "attributes": {"latency": 5}}
    fault = agent.inject("toxic", parameters, duration=60)
    (toxic,) = server_toxics(toxiproxy)
    server.own.ask("PATCH", f"/proxies/openai_proxy/toxics/{toxic['name']}", {"attributes": {"latency": 0}})
    agent.undo(fault)
    assert fault.ended == "somebody changed the toxic"


def test_a_server_that_dies_voids_its_faults(toxiproxy, agent):
    server, _ = toxiproxy
    parameters = {"api": server.own.url, "proxy": "openai_proxy", "type": "latency", "attributes": {"latency": 5}}
    fault = agent.inject("toxic", parameters, duration=60)
    server.own.process.kill()
    server.own.process.wait()
    agent.undo(fault)
    assert fault.ended == f"the proxy server at {server.own.url} does not answer, and the fault went with it"
    server.own.close = lambda: None


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


ROW = """\
${f} =    Add Latency    openai    50 ms    jitter=5 ms    share=0.5
Evaluate    [urllib.request.urlopen("LINK").read() for _ in range(2)]    modules=urllib.request
${r} =    Research Company    Slack
Get Research Status    ${r}    ==    completed
Fault Should Have Touched    ${f}"""


def test_toxics_are_set_and_taken_away(robot, tmp_path, toxiproxy):
    kind, url = toxiproxy
    assert run(robot, tmp_path, url, ROW.replace("LINK", kind.link)) == ("PASS", "")
    assert server_toxics(toxiproxy) == []


def test_one_that_counts_nothing_proves_nothing(robot, tmp_path, toxiproxy):
    kind, url = toxiproxy
    kind.metrics = False
    status, message = run(robot, tmp_path, url, ROW.replace("LINK", kind.link))
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
