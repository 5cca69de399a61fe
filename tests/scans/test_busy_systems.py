"""A system that stands few requests at once: it is waited for, and fewer go out side by side."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

from SecurityLibrary.sending.pacing import MOST_AT_ONCE, PacedClient
from theodore_qa.systems.exchange import Exchange

TOGETHER = 12


class Busy:
    """Refuses what comes while it has as many requests as it ``stands``, which say when to come again, or do not."""

    url = "http://127.0.0.1:9"

    def __init__(self, stands, headers):
        self.stands, self.headers = stands, headers
        self.under_way = self.most = self.refused = 0
        self.lock, self.full = threading.Lock(), threading.Event()

    def send(self, method, path, *_, **__):
        with self.lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            refused = self.under_way > self.stands
            self.refused += refused
            if refused:
                self.full.set()
        self.full.wait(1)
        with self.lock:
            self.under_way -= 1
        status, headers = (503, self.headers) if refused else (200, {})
        return Exchange(method, path, status, headers, "", dt.datetime.now(dt.UTC), 0.01)


def answered(stands, headers):
    busy = Busy(stands, headers)
    client = PacedClient(busy, rate=5000)
    with ThreadPoolExecutor(TOGETHER) as pool:
        answers = list(pool.map(lambda _: client.send("GET", "/"), range(TOGETHER)))
    return busy, client, [answer.status for answer in answers]


def test_a_busy_system_is_asked_again_and_less_at_once():
    busy, client, statuses = answered(2, {"retry-after": "0"})
    assert busy.refused
    assert client.at_once < MOST_AT_ONCE
    assert 200 in statuses


def test_an_error_of_what_is_behind_it_is_an_answer():
    busy, client, statuses = answered(2, {})
    assert statuses.count(503) == busy.refused
    assert client.at_once == MOST_AT_ONCE


def test_a_crowd_goes_at_once_whatever_the_system_stands():
    busy = Busy(99, {})
    client = PacedClient(busy, rate=5000, at_once=1)
    gate = threading.Barrier(3, timeout=5)
    busy.full.wait = lambda _: gate.wait()
    with client.crowd(3), ThreadPoolExecutor(3) as pool:
        assert [answer.status for answer in pool.map(lambda _: client.send("GET", "/"), range(3))] == [200] * 3
    assert busy.most == 3
