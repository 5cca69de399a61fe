"""What a Docker engine refuses, now and then or for good; the faults themselves are tested on a real engine."""

from types import SimpleNamespace

import pytest
from docker.errors import APIError

from theodore_chaos.errors import RefusedError
from theodore_chaos.faults import containers

FROZEN = "unable to freeze"


class Container:
    """A container whose engine refuses to pause it some times."""

    def __init__(self, refusals, *, dies=False):
        self.refusals, self.dies, self.status, self.tries = refusals, dies, "running", 0

    def pause(self):
        self.tries += 1
        if self.tries <= self.refusals:
            raise APIError("500 Server Error", explanation=FROZEN)
        self.status = "paused"

    def reload(self):
        if self.dies:
            self.status = "exited"


def paused(container, monkeypatch, within=10):
    monkeypatch.setattr(containers, "_container", lambda _: container)
    monkeypatch.setattr(containers, "TIMEOUT", within)
    record = SimpleNamespace(exposure={})
    containers.Pause().inject(record)
    return record.exposure


def test_a_busy_container_is_frozen_at_another_try(monkeypatch):
    container = Container(2)
    assert paused(container, monkeypatch) == {"processes": 1}
    assert container.tries == 3


def test_an_engine_that_goes_on_refusing_is_quoted(monkeypatch):
    with pytest.raises(RefusedError, match="^The Docker engine refused it: unable to freeze\\.$"):
        paused(Container(10**9), monkeypatch, within=0)


def test_a_container_that_ends_meanwhile_was_not_frozen(monkeypatch):
    assert paused(Container(1, dies=True), monkeypatch) == {"processes": 0}
