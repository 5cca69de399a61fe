"""Container faults on a real Docker engine, which the tests start for themselves, seen from the container's client."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
import urllib.request

import pytest
import python_image
from waiting import until

from theodore_sandbox.promptcraft.factory import artefacts
from theodore_sandbox.promptcraft.factory.spec import AgentSpec

pytestmark = pytest.mark.needs("docker")
APPLETS = ("sh", "httpd", "sleep", "nc")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """A Docker engine with its own data, socket and no default bridge; gone at the end."""
    import docker

    folder = tmp_path_factory.mktemp("docker")
    socket = f"unix://{folder}/docker.sock"
    command = [
        "dockerd", "--data-root", folder / "data", "--exec-root", folder / "exec", "--pidfile", folder / "pid", "-H", socket,
        "--bridge", "none", "--iptables=false", "--ip-forward=false", "--storage-driver", "overlay2",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, start_new_session=True)

    def connected():
        assert process.poll() is None, (folder / "log").read_text()[-2000:]
        try:
            return docker.DockerClient(base_url=socket, timeout=30)
        except docker.errors.DockerException:
            return None

    try:
        until(connected, "the engine", 30)
        with contextlib.closing(connected()) as client:
            client.api.import_image_from_data(root(), repository="theodore-test", tag="1")
            client.networks.create("theodore-test", driver="bridge")
            yield client, socket
            for container in client.containers.list(all=True):
                container.remove(force=True)
            client.networks.get("theodore-test").remove()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        subprocess.run(["sh", "-c", f"umount {folder}/exec/netns/* 2>/dev/null"], check=False)


def root():
    """A root file system of busybox and one page."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(shutil.which("busybox"), "bin/busybox")
        for name in APPLETS:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        page = tarfile.TarInfo("www/index.html")
        page.size = 5
        tar.addfile(page, io.BytesIO(b"hello"))
        for folder in ("tmp", "proc", "sys", "dev", "etc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
    return packed.getvalue()


@pytest.fixture
def container(engine):
    """A web server in a container that its engine restarts, and how to ask it."""
    import docker

    client, socket = engine
    started = client.containers.run(
        "theodore-test:1", ["httpd", "-f", "-p", "8080", "-h", "/www"], detach=True, network="theodore-test",
        ports={"8080/tcp": ("127.0.0.1", None)}, restart_policy={"Name": "always"}, mem_limit="128m",
    )  # fmt: skip
    started.reload()

    def answers(timeout=2):
        started.reload()
        ports = started.attrs["NetworkSettings"]["Ports"].get("8080/tcp") or []
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{ports[0]['HostPort']}/", timeout=timeout) as answer:
                return answer.read() == b"hello"
        except (OSError, IndexError):
            return False

    until(answers, "the container's answer")
    yield started, {"container": started.name, "docker": socket}, answers
    with contextlib.suppress(docker.errors.NotFound):  # a test may have removed it
        started.remove(force=True)


@pytest.fixture
def agent(clean_environment):
    from theodore_qa.faults.agent_client import AgentClient

    own = AgentClient()
    yield own
    own.close()


def test_a_paused_container_does_not_answer_until_it_is_undone(container, agent):
    _, parameters, answers = container
    fault = agent.inject("container_pause", parameters, duration=60)
    assert not answers(0.5)
    agent.undo(fault)
    assert (fault.ended, fault.exposure) == ("asked", {"processes": 1})
    assert answers()


def test_a_killed_container_is_brought_back_by_its_engine(container, agent):
    started, parameters, answers = container
    before = started.attrs["State"]["Pid"]
    fault = agent.inject("container_kill", parameters | {"wait": 5}, duration=60)
    agent.undo(fault)
    started.reload()
    assert started.attrs["State"]["Pid"] not in (0, before)
    until(answers, "the container's answer")


def test_a_container_without_restart_policy_is_started_by_the_undoing(engine, agent):
    client, socket = engine
    started = client.containers.run("theodore-test:1", ["sleep", "600"], detach=True, network="theodore-test")
    fault = agent.inject("container_kill", {"container": started.name, "docker": socket}, duration=60)
    until(lambda: client.containers.get(started.id).status == "exited", "the end")
    agent.undo(fault)
    assert client.containers.get(started.id).status == "running"


def test_a_disconnected_container_is_unreachable_and_comes_back_with_its_names(container, agent):
    started, parameters, answers = container
    fault = agent.inject("container_disconnect", parameters, duration=60)
    started.reload()
    assert started.attrs["NetworkSettings"]["Networks"] == {}
    agent.undo(fault)
    assert fault.exposure == {"processes": 1}
    started.reload()
    assert list(started.attrs["NetworkSettings"]["Networks"]) == ["theodore-test"]
    del answers


def test_limits_are_set_and_given_back(container, agent):
    started, parameters, _ = container
    fault = agent.inject("container_limit", parameters | {"cpus": 0.1, "memory": 64 << 20}, duration=60)
    started.reload()
    assert (started.attrs["HostConfig"]["CpuQuota"], started.attrs["HostConfig"]["Memory"]) == (10_000, 64 << 20)
    agent.undo(fault)
    started.reload()
    assert max(0, started.attrs["HostConfig"]["CpuQuota"]) == 0
    assert started.attrs["HostConfig"]["Memory"] == 128 << 20


@pytest.mark.parametrize(
    ("command", "disturbed"), [(["sleep", "600"], False), (["sh", "-c", "while :; do :; done"], True)], ids=["idle", "busy"]
)
def test_a_limit_counts_when_the_container_comes_up_against_it(engine, agent, command, disturbed):
    client, socket = engine
    started = client.containers.run("theodore-test:1", command, detach=True, network="theodore-test")
    fault = agent.inject("container_limit", {"docker": socket, "cpus": 0.1, "container": started.name}, duration=60)
    until(lambda: not disturbed or throttled(started), "throttling")
    agent.undo(fault)
    started.remove(force=True)
    assert (fault.ended, fault.disturbed) == ("asked", disturbed), fault.exposure


def throttled(started):
    return started.stats(stream=False)["cpu_stats"]["throttling_data"]["throttled_periods"]


def test_a_limit_that_is_none_is_refused(container, agent):
    from theodore_qa.faults.agent_client import NotInjectedError

    _, parameters, _ = container
    for limit, sentence in (({"cpus": 512}, "512 CPUs are no limit"), ({"memory": 1 << 40}, "1099511627776 bytes are no limit")):
        with pytest.raises(NotInjectedError, match=sentence):
            agent.inject("container_limit", parameters | limit, duration=60)


def test_a_container_that_somebody_lets_go_on_or_replaces_is_void(container, agent):
    started, parameters, _ = container
    fault = agent.inject("container_pause", parameters, duration=60)
    started.unpause()
    agent.undo(fault)
    assert fault.ended == "somebody let the container go on: it is running"
    fault = agent.inject("container_pause", parameters, duration=60)
    started.remove(force=True)
    agent.undo(fault)
    assert fault.ended in (
        f"somebody removed the container '{parameters['container']}'",
        "somebody let the container go on: it is removing",
    )


def test_a_memory_limit_that_could_not_be_taken_away_is_not_set(engine, agent):
    from theodore_qa.faults.agent_client import ImpossibleFaultError

    client, socket = engine
    started = client.containers.run("theodore-test:1", ["sleep", "600"], detach=True, network="theodore-test")
    with pytest.raises(
        ImpossibleFaultError, match="has no memory limit, and Docker cannot take one away again: start it with one"
    ):
        agent.inject("container_limit", {"container": started.name, "docker": socket, "memory": 64 << 20}, duration=60)
    started.remove(force=True)


def test_the_guardian_undoes_container_faults_too(container, agent):
    _, parameters, answers = container
    agent.inject("container_pause", parameters, duration=60)
    os.kill(agent.companions()["agent"], signal.SIGKILL)
    until(answers, "the container's answer", 6)


def test_keywords_name_containers_by_the_environment(container, robot, tmp_path):
    import yaml

    from theodore_qa import paths

    started, parameters, _ = container
    data = yaml.safe_load((paths.shipped("variables") / "sandbox.yaml").read_text())
    data["systems"]["theodore"] |= {"containers": {"web": started.name}, "docker": parameters["docker"]}
    file = tmp_path / "with-containers.yaml"
    file.write_text(yaml.safe_dump(data))
    text = (
        "*** Settings ***\nLibrary    ChaosLibrary\nLibrary    TheodoreLibrary\n\n*** Test Cases ***\n"
        "Paused\n    ${f} =    Pause Container    web\n    Research Company    Slack\n    Fault Should Have Touched    ${f}\n\n"
        "Misspelt\n    Pause Container    wep\n\n"
        "Network\n    ${f} =    Disconnect Container    web\n    Research Company    Slack\n    Fault Should Have Touched    ${f}\n"
    )
    _, result = robot(text, env={"THEODORE_ENVIRONMENT": str(file)})
    found = {test.name: (test.status, test.message) for test in result.suite.tests}
    assert found["Paused"] == ("PASS", "")
    assert found["Network"] == ("PASS", "")
    assert found["Misspelt"][1] == "There is no container 'wep' in with-containers.yaml: did you mean 'web'?"


def test_no_engine_is_said_in_a_sentence(agent, tmp_path):
    from theodore_qa.faults.agent_client import ImpossibleFaultError

    with pytest.raises(ImpossibleFaultError, match=r"no Docker engine answers at unix://.*nowhere .*: start it, install"):
        agent.inject("container_pause", {"container": "a", "docker": f"unix://{tmp_path}/nowhere"}, duration=5)
    assert json.dumps(agent.companions())


@pytest.mark.needs("Debian's python3")
def test_the_image_of_a_generated_agent_runs_as_its_user_and_is_healthy(engine, tmp_path):
    client, _ = engine
    spec = AgentSpec(name="qa_agent", display_name="QA", description="An agent", domain="testing", capabilities=["code_scanning"])
    for name, text in artefacts.generate(spec).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    base = (tmp_path / "Dockerfile").read_text().split()[1]
    client.api.import_image_from_data(python_image.root(), repository=base.partition(":")[0], tag=base.partition(":")[2])
    image, _ = client.images.build(path=str(tmp_path), tag="agent-qa_agent:latest", network_mode="none", rm=True)
    started = client.containers.run(
        image.id, detach=True, network="theodore-test", ports={"8000/tcp": ("127.0.0.1", None)}, mem_limit="128m"
    )

    def health():
        started.reload()
        assert started.status in ("created", "running"), started.logs().decode()
        ports = started.attrs["NetworkSettings"]["Ports"].get("8000/tcp") or []
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{ports[0]['HostPort']}/health", timeout=2) as answer:
                return json.load(answer)
        except (OSError, IndexError):
            return None

    try:
        until(health, "the agent's health", 30)
        assert health() == {"status": "healthy", "agent_id": "qa_agent", "version": "1.0.0"}
        checked = "import getpass, urllib.request as r; r.urlopen('http://127.0.0.1:8000/health'); print(getpass.getuser())"
        assert started.exec_run(["python", "-c", checked]).output.decode().strip() == "agent"
    finally:
        started.remove(force=True)
