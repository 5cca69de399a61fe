"""A worker's share on a clock that moves only when everybody waits: what is sent, when, and what its times say."""

import asyncio
import types

import pytest

from theodore_load import scenario, share, user
from theodore_load.protocol import Answer
from theodore_load.recording import Figures
from theodore_load.results import percentile, Result


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time passes in no time."""

    def __init__(self):
        super().__init__()
        self.moment = 1000.0
        self._selector.select = self._pass_time

    def time(self):
        return self.moment

    def _pass_time(self, timeout=None):
        self.moment += timeout or 0
        return []


class Server:
    """Answers after ``service`` seconds; what comes while it stalls waits until the stall is over."""

    def __init__(self, service, *stalls, answer=lambda _: (200, b"ok")):
        self.service, self.stalls, self.answer = service, stalls, answer
        self.times = []

    async def exchange(self, data, *_):
        loop = asyncio.get_running_loop()
        now = loop.time() - 1000
        self.times.append(now)
        number = len(self.times)
        begins = next((end for start, end in self.stalls if start <= now < end), now)
        await asyncio.sleep(begins - now + self.service)
        made = Answer()
        made.status, made.body = self.answer(number)
        made.received = 100
        return made

    def close(self):
        pass


def ran(monkeypatch, tmp_path, server, *stages, steps=None, **entries):
    """The share after it was run against a server."""
    monkeypatch.setattr(share, "Session", lambda _: server)
    declared = {
        "url": "http://127.0.0.1:1",
        "stages": list(stages),
        "journeys": [{"name": "all", "steps": steps or [{"request": "GET /", "name": "get", "expect": {"text": "ok"}}]}],
    }
    loop = VirtualLoop()
    for module in (share, user):
        monkeypatch.setattr(module, "clock", loop.time)
    mine = share.Share(scenario.read(declared | entries, tmp_path), 0, 1)
    try:
        loop.run_until_complete(mine.run(1000.0))
    finally:
        loop.close()
    return mine


def seconds(figures, percent):
    return percentile(figures, percent)


def test_the_open_model_shows_a_stall_as_arithmetic_says(monkeypatch, tmp_path):
    server = Server(0.01, (4.0, 5.0))  # one second in ten
    figures = ran(monkeypatch, tmp_path, server, "100/s for 10 s").recorder.steps["get"]
    assert figures.ok == 1000
    # 100 arrivals wait for 1.00, 0.99, ... 0.01 s and then 0.01 s: the p-th percentile is p-90 % of the stall above the service.
    for percent, expected in ((50, 0.01), (90, 0.01), (95, 0.51), (99, 0.91), (99.9, 1.0), (100, 1.01)):
        assert seconds(figures, percent) == pytest.approx(expected, abs=0.0151), percent
    assert figures.service.get_value_at_percentile(99) == figures.response.get_value_at_percentile(99)  # enough users


def test_the_closed_model_does_not_show_it(monkeypatch, tmp_path):
    server = Server(0.01, (4.0, 5.0))
    mine = ran(monkeypatch, tmp_path, server, "1 user for 10 s")
    figures = mine.recorder.steps["get"]
    assert figures.ok == pytest.approx(900, abs=5)
    assert seconds(figures, 99) == pytest.approx(0.01, rel=0.01)
    assert seconds(figures, 100) == pytest.approx(1.01, abs=0.02)
    assert "a stall delays requests that are not counted in it" in mine.scenario.model


class SlowToConnect(Server):
    """Each request has a connection of its own, which takes 50 ms of the time."""

    async def exchange(self, *sent):
        answer = await super().exchange(*sent)
        answer.connecting = 0.05
        return answer


class LookedAtLate(Server):
    """What came is looked at 50 ms later."""

    async def exchange(self, *sent):
        answer = await super().exchange(*sent)
        answer.came = asyncio.get_running_loop().time()
        await asyncio.sleep(0.05)
        return answer


def test_the_service_time_begins_once_there_is_a_connection(monkeypatch, tmp_path):
    figures = ran(monkeypatch, tmp_path, SlowToConnect(0.2), "1 users x 10").recorder.steps["get"]
    assert seconds(figures, 50) == pytest.approx(0.2, rel=0.01)
    assert percentile(figures, 50, service=True) == pytest.approx(0.15, rel=0.01)


def test_times_end_when_the_answer_came_however_late_it_is_looked_at(monkeypatch, tmp_path):
    figures = ran(monkeypatch, tmp_path, LookedAtLate(0.2), "1 users x 10").recorder.steps["get"]
    assert seconds(figures, 50) == pytest.approx(0.2, rel=0.01)
    assert percentile(figures, 50, service=True) == pytest.approx(0.2, rel=0.01)


def test_waiting_for_a_free_user_counts_in_the_response_and_not_in_the_service(monkeypatch, tmp_path):
    server = Server(0.5)
    figures = ran(monkeypatch, tmp_path, server, "4/s for 2 s", users=1).recorder.steps["get"]
    assert figures.ok == 8  # every 0.25 s one comes, every 0.5 s one is served: the k-th waits for k times 0.25 s
    assert figures.response.get_mean_value() / 1e6 == pytest.approx(0.5 + 0.25 * 3.5, rel=0.01)
    assert figures.service.get_max_value() / 1e6 == pytest.approx(0.5, rel=0.01)


def test_a_missed_rate_stops_the_load_and_what_was_not_sent_is_counted(monkeypatch, tmp_path):
    mine = ran(monkeypatch, tmp_path, Server(100), "10/s for 60 s", users=5, timeout=300)
    assert mine.stopped == "the rate was missed: an arrival waited 10 s for a free user"
    recorder = mine.recorder
    assert recorder.requests == 5
    assert sum(recorder.unsent.values()) == 600 - 5 + 5  # those under way when it stopped are named too
    assert recorder.unsent["under way when the load was stopped"] == 5


def test_arrivals_that_never_found_a_user_are_not_sent(monkeypatch, tmp_path):
    mine = ran(monkeypatch, tmp_path, Server(30), "10/s for 1 s", users=2, timeout=300, limits={"behind": 5})
    assert (mine.recorder.requests, dict(mine.recorder.unsent)) == (2, {"no user was free": 8})


@pytest.mark.parametrize("stage", ["10 users for 5 s", "10 users x 30"])
def test_the_limit_of_the_rate_holds_in_every_second(monkeypatch, tmp_path, stage):
    server = Server(0.001)
    mine = ran(monkeypatch, tmp_path, server, stage, limits={"max_rps": 20})
    by_second = [sum(second <= time < second + 1 for time in server.times) for second in range(int(server.times[-1]) + 1)]
    assert max(by_second) <= 21
    assert len(server.times) == (300 if "x" in stage else pytest.approx(100, abs=12))
    assert mine.recorder.held > 50


def test_a_load_is_bounded_in_count(monkeypatch, tmp_path):
    mine = ran(monkeypatch, tmp_path, Server(0.01), "3 users x 100", limits={"requests": 50})
    assert mine.stopped == "the bound of 50 requests was reached"
    assert mine.recorder.requests == 50


def test_a_load_is_bounded_in_time(monkeypatch, tmp_path):
    mine = ran(monkeypatch, tmp_path, Server(0.5), "1 user x 1000", limits={"seconds": 5})
    assert mine.stopped == "the bound of 5 s was reached"
    assert mine.recorder.unsent[mine.stopped] == pytest.approx(990, abs=3)


def test_think_time_stands_between_requests(monkeypatch, tmp_path):
    server = Server(0.1)
    ran(monkeypatch, tmp_path, server, "1 user x 3", think=2)
    assert server.times == [pytest.approx(0), pytest.approx(2.1), pytest.approx(4.2)]


def test_weights_are_kept_exactly(monkeypatch, tmp_path):
    journeys = [
        {"weight": weight, "steps": [{"request": f"GET /{name}", "name": name, "expect": {"text": "ok"}}]}
        for name, weight in (("a", 3), ("b", 1))
    ]
    recorder = ran(monkeypatch, tmp_path, Server(0.01), "4 users x 2", journeys=journeys).recorder
    assert [recorder.steps[name].ok for name in "ab"] == [6, 2]


def test_a_journey_takes_values_along_and_ends_at_its_first_failure(monkeypatch, tmp_path):
    answers = {
        1: (200, b'{"id": "j1"}'),
        2: (200, b'{"id": "j1", "status": "running"}'),
        3: (200, b'{"id": "j1", "status": "done"}'),
    }
    steps = [
        {"request": "POST /jobs", "name": "start", "expect": {"fields": {"id": "*"}}, "take": {"job": "id"}},
        {"request": "GET /jobs/{{job}}", "name": "wait", "expect": {"fields": {"id": "{{job}}"}}, "until": {"status": "done"}},
    ]
    server = Server(0.1, answer=lambda number: answers.get(number, (401, b"who?")))
    recorder = ran(monkeypatch, tmp_path, server, "1 user x 2", steps=steps).recorder
    assert (recorder.steps["start"].ok, recorder.steps["wait"].ok) == (1, 2)
    assert dict(recorder.steps["start"].errors) == {"status": 1}
    assert recorder.steps["start"].examples == {"status": "expected 200, observed 401 who?"}
    whole = recorder.journeys["all"]
    assert (whole.ok, whole.examples) == (1, {"check": "its step 'start' failed"})
    assert whole.response.get_max_value() / 1e6 == pytest.approx(0.5, rel=0.01)  # three answers, and 0.2 s between two of them


def test_what_is_never_done_is_an_error(monkeypatch, tmp_path):
    steps = [
        {"request": "GET /", "name": "wait", "expect": {"text": "run"}, "until": {"status": "done"}, "within": 3, "every": 1}
    ]
    server = Server(0.1, answer=lambda _: (200, b'{"status": "running"}'))
    figures = ran(monkeypatch, tmp_path, server, "1 user x 1", steps=steps).recorder.steps["wait"]
    assert (figures.ok, figures.examples) == (4, {"check": "not done within 3 s"})


def test_a_mistake_of_our_own_is_no_missing_figure(monkeypatch, tmp_path):
    def answer(number):
        if number == 3:
            raise ZeroDivisionError
        return 200, b"ok"

    with pytest.raises(ZeroDivisionError):
        ran(monkeypatch, tmp_path, Server(0.1, answer=answer), "2 users x 5")


def test_identities_and_rows_go_round(monkeypatch, tmp_path):
    server = Server(0.01)
    identities = [
        {"name": name, "headers": {"Authorization": f"Bearer {name}"}, "values": {"identity": name}} for name in ("a", "b")
    ]
    mine = ran(monkeypatch, tmp_path, server, "4 users x 1", identities=identities, data=[{"n": 1}, {"n": 2}, {"n": 3}])
    assert [user._values for user in mine._users] == [
        {"user": 0, "n": 1, "identity": "a"},
        {"user": 1, "n": 2, "identity": "b"},
        {"user": 2, "n": 3, "identity": "a"},
        {"user": 3, "n": 1, "identity": "b"},
    ]
    assert b"Authorization: Bearer b\r\n" in mine._users[1]._ready["get"][0]


def test_a_failed_request_counts_as_one_that_was_never_answered():
    figures = Figures("a")
    for number in range(90):
        figures.good((number + 1) / 100, 0.01, checked=True)
    for _ in range(10):
        figures.bad("status", "503")
    assert percentile(figures, 50) == pytest.approx(0.5, rel=0.01)
    assert percentile(figures, 90) == pytest.approx(0.9, rel=0.01)
    assert percentile(figures, 91) is None
    assert percentile(Figures("nothing"), 50) is None


def test_shares_merge_into_one_result(monkeypatch, tmp_path):
    mine = ran(monkeypatch, tmp_path, Server(0.2, answer=lambda number: (200 if number % 4 else 503, b"ok")), "2 users x 20")
    result = Result(mine.scenario, 2)
    for _ in range(2):
        result.add(mine.recorder.data() | {"cpu": 0.1, "seconds": 4.0, "stopped": ""})
    total = result.total
    assert (total.count, total.ok, dict(total.errors), dict(total.statuses)) == (80, 60, {"status": 20}, {"200": 60, "503": 20})
    assert total.response.get_total_count() == 60
    assert sum(row["ok"] for row in result.by_second()) == 60
    assert sum(row["errors"] for row in result.by_second()) == 20
    (row, _) = result.rows()
    assert (row["rate"], row["p50"], row["p95"]) == (20, pytest.approx(0.2, rel=0.01), None)
    assert result.saturated == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lost": "worker 1 of 1 ended without its results"}, "worker 1 of 1 ended without its results"),
        ({"held": 9}, "the limit of 100 requests a second held back 9 of 10 requests"),
        ({"late": 0.3}, "it was 300 ms late for its own appointments (p99), at most 100 ms are allowed"),
        ({"kind": "client"}, "1 request failed for want of the client's own sockets or memory"),
    ],
)
def test_a_client_that_could_not_keep_up_is_named(monkeypatch, tmp_path, changes, reason):
    mine = ran(monkeypatch, tmp_path, Server(0.001), "10/s for 1 s", limits={"max_rps": 100})
    result = Result(mine.scenario, 1)
    result.add(mine.recorder.data() | {"cpu": 0.1, "seconds": 1.0, "stopped": ""})
    assert result.saturated == ""
    given = types.SimpleNamespace(**{"lost": "", "held": 0, "late": 0.0, "kind": ""} | changes)
    result.lost, result.held = given.lost, given.held
    for _ in range(10_000 if given.late else 0):
        result.lateness.record_value(round(given.late * 1e6))
    if given.kind:
        result.steps[0].bad(given.kind, "too many open files")
    assert result.saturated == reason
