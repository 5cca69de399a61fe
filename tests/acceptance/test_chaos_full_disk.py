"""A disk that is full, or read-only, under the journal: what was injected is undone all the same."""

import os
import signal
import subprocess
import sys

import pytest
from waiting import until

HOLDER = """\
import sys
from theodore_qa.faults.agent_client import agent
for pid in map(int, sys.argv[1:]):
    agent.inject("pause", {"pid": pid}, duration=60)
print("injected", flush=True)
sys.stdin.read()
"""


def state(pid):
    from theodore_chaos.processes import Process

    return Process.of(pid).state


@pytest.fixture
def disk(tmp_path, clean_environment, monkeypatch):
    """A small disk with the journal, and how to fill it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=True)
    monkeypatch.setenv("THEODORE_CHAOS_HOME", str(folder))

    def fill():
        with (folder / "ballast").open("wb", buffering=0) as file:
            for size in (4096, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue

    yield folder, fill
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def victims():
    begun = [subprocess.Popen(["sleep", "300"]) for _ in range(3)]
    yield [process.pid for process in begun]
    for process in begun:
        process.kill()
        process.wait()


@pytest.mark.needs("namespaces")
@pytest.mark.parametrize("how", ["full", "read-only"])
@pytest.mark.parametrize("killed", ["holder", "agent"])
def test_all_is_undone_though_nothing_can_be_written(disk, victims, how, killed):
    folder, fill = disk
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, *map(str, victims)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "injected\n"
    assert [state(pid) for pid in victims] == ["T"] * 3
    fill() if how == "full" else subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    os.kill(holder.pid if killed == "holder" else agent_of(holder.pid), signal.SIGKILL)
    until(lambda: "T" not in [state(pid) for pid in victims], "all undone", 60)
    holder.kill()
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()


def agent_of(pid):
    from theodore_chaos.processes import family, Process

    return family(Process.of(pid))[1].pid


@pytest.mark.needs("namespaces")
def test_nothing_is_injected_where_the_way_back_cannot_be_written(disk, victims):
    from theodore_qa.faults.agent_client import AgentClient, NotInjectedError

    _, fill = disk
    own = AgentClient()
    own.companions()
    fill()
    with pytest.raises(NotInjectedError, match=r"The journal in .*/disk cannot be written \(No space left on device\)"):
        own.inject("pause", {"pid": victims[0]}, duration=60)
    assert state(victims[0]) == "S"
    own.close()
