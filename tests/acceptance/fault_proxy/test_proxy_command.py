"""``theodore chaos proxy``: the fault proxy without Robot, until it is stopped."""

import json
import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from fault_proxy import exactly
from waiting import until


@pytest.fixture
def start(clean_environment):
    begun = []

    def run(*arguments):
        command = [sys.executable, "-c", "from theodore_qa.cli import main; main()", "chaos", "proxy", *arguments]
        process = subprocess.Popen(
            command, env=clean_environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        begun.append(process)
        return process

    yield run
    for process in begun:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped_and_ends_quietly(start, line, number):
    _, _, (host, port) = line
    process = start("--port", "0", "--proxy", "echo", "127.0.0.1:0", f"{host}:{port}")
    assert process.stdout.readline().startswith("The fault proxy's API: http://127.0.0.1:")
    listen = re.match(r"echo: 127\.0\.0\.1:(\d+) -> ", process.stdout.readline())
    with socket.create_connection(("127.0.0.1", int(listen[1])), timeout=5) as client:
        client.sendall(b"through both")
        assert exactly(client, 12) == b"through both"
    assert "links: {echo: echo}" in process.stdout.readline()
    os.killpg(process.pid, number)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(listen[1])), timeout=5)


def test_it_ends_with_the_command_that_was_killed(start):
    process = start("--port", "0", "--proxy", "a", "127.0.0.1:0", "127.0.0.1:1")
    process.stdout.readline()
    port = int(re.search(r":(\d+) ->", process.stdout.readline())[1])
    process.kill()
    until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) != 0, "the port free")


def test_a_taken_port_is_one_sentence(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start("--port", str(taken.getsockname()[1]))
        _, error = process.communicate(timeout=60)
    assert process.returncode == 3
    assert error.startswith("Error: The fault proxy did not start: [Errno 98] Address already in use")


def test_a_file_of_proxies_is_read_as_a_toxiproxy_server_does(start, tmp_path):
    config = tmp_path / "toxiproxy.json"
    config.write_text(json.dumps([{"name": "redis", "listen": "[::1]:0", "upstream": "127.0.0.1:1", "enabled": True}]))
    process = start("--port", "0", "--config", str(config))
    process.stdout.readline()
    assert re.match(r"redis: \[::1\]:\d+ -> 127\.0\.0\.1:1", process.stdout.readline())
    config.write_text("{}")
    broken = start("--config", str(config))
    assert broken.communicate(timeout=60)[1] == (
        f"Error: {config} holds no list: expected a list of proxies with name, listen and upstream.\n"
    )
    assert broken.returncode == 2


def test_the_proxy_ends_quietly_while_its_input_is_open_and_an_upstream_does_not_answer():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        waiting = [socket.socket() for _ in range(3)]  # more than it lets wait: the kernel answers nobody else
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(silent.getsockname())
        upstream = f"127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "theodore_chaos.proxy"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            process.stdin.write(json.dumps({"proxies": [{"name": "a", "listen": "127.0.0.1:0", "upstream": upstream}]}) + "\n")
            process.stdin.flush()
            port = int(json.loads(process.stdout.readline())["proxies"]["a"].rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                client.sendall(b"is anybody there?")
                process.send_signal(signal.SIGTERM)
                assert process.wait(60) == 0
                assert client.recv(1) == b""
            assert process.stderr.read() == ""
        finally:
            process.kill()
            process.communicate()
            for client in waiting:
                client.close()
