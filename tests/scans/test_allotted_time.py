"""A scan of limited time: each attack gets a turn, what is worth more a longer one, and what was not tried is open."""

import itertools
from types import SimpleNamespace

import pytest
import services

from SecurityLibrary import probes, runner
from SecurityLibrary.allotted_time import AllottedTime, SELDOM, worth
from SecurityLibrary.coverage import Coverage
from SecurityLibrary.scan import Scan
from theodore_qa.errors import UsageError

ROW = {"operation": "POST /search", "public": True, "body": {"text": "reed", "place": "north"}}


class Clock:
    """A clock that goes on with each request: that is how long its answer takes."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Search:
    """Answers with what it was sent; each answer moves the clock on by some seconds."""

    def __init__(self, seconds):
        self.clock, self.seconds, self.count = Clock(), seconds, itertools.count(1)
        self.app = services.app(("POST", "/search", self.search))

    async def search(self, request):
        self.clock.now += self.seconds
        body = await request.json()
        return services.JSONResponse({"found": [], "number": next(self.count), "text": str(body.get("text"))[:20]})


def scanned(seconds, within, *names):
    service, lines = Search(seconds), []
    with services.serving(service.app) as url:
        shop = services.target(url, [ROW])
        scan = Scan(shop, shop.client(rate=2000), allow_changes=True, seed=5)
        listed = probes.chosen(names)
        try:
            runner.run(scan, listed, lines.append, allotted=AllottedTime(within, service.clock) if within else None)
        finally:
            scan.close()
    return scan, lines, service.clock.now


ATTACKS = ("template-injection", "ldap-injection", "header-injection", "path-traversal")


def test_it_tries_all_where_the_time_suffices():
    scan, lines, _ = scanned(0.0, 900, *ATTACKS)
    unlimited, _, _ = scanned(0.0, None, *ATTACKS)
    assert {name: scan.coverage[name].tried for name in ATTACKS} == {name: unlimited.coverage[name].tried for name in ATTACKS}
    assert all("turn" not in reason for name in ATTACKS for reason in scan.coverage[name].open.values())
    assert lines[0].endswith("and has 900 s")
    assert lines[-1].endswith("900 s left")


def test_it_ends_in_time_and_names_what_was_not_tried():
    scan, lines, took = scanned(10.0, 900, *ATTACKS)
    assert took <= 900 + 10 * scan.workers
    reasons = [scan.coverage[name].undecided() for name in ATTACKS]
    assert any("were over before all was tried: the scan may take 900 s, and an answer takes" in reason for reason in reasons), (
        reasons
    )
    assert [line.partition(":")[0] for line in lines[1:5]] == [f"[{number}/4] {name}" for number, name in enumerate(ATTACKS, 1)]
    assert scan.stopped == ""


def test_each_attack_gets_a_turn_before_one_takes_all():
    scan, _, _ = scanned(10.0, 3000, *ATTACKS)
    assert all(scan.coverage[name].tried or scan.coverage[name].open for name in ATTACKS)
    assert scan.coverage[ATTACKS[-1]].samples, "the last one has sent nothing"


def test_an_attack_without_a_turn_has_no_verdict():
    scan, _, _ = scanned(2000.0, 900, *ATTACKS)
    for name in ATTACKS[1:]:
        assert "there was no time left for it" in scan.coverage[name].undecided()
        assert not scan.coverage[name].tried


def test_what_is_open_for_want_of_time_is_no_share_that_suffices():
    scan, _, _ = scanned(10.0, 900, *ATTACKS)
    cut = [name for name in ATTACKS if "the rest" in scan.coverage[name].open or "all" in scan.coverage[name].open]
    assert cut
    assert all(scan.coverage[name].undecided(0.01) for name in cut)


def test_findings_that_are_worth_more_come_first_and_what_is_heavy_last():
    listed = probes.chosen(())
    short, enough = AllottedTime(60), AllottedTime(60)
    assert enough.ordered(listed, 10) == listed
    ordered = short.ordered(listed, 6000)
    assert [probe.id for probe in ordered[-4:]] == ["redos", "deserialization", "prototype-pollution", "size-limit"]
    names = [probe.id for probe in ordered]
    assert names.index("race") < names.index("ldap-injection") < names.index("banner")
    assert sorted(names) == sorted(probe.id for probe in listed)


@pytest.mark.parametrize(("given", "timeout", "expected"), [(None, None, None), (60, None, 60), (None, 100, 90), (60, 40, 36)])
def test_the_timeout_of_a_test_limits_it_too(given, timeout, expected):
    assert AllottedTime.within(given, timeout).seconds == expected


@pytest.mark.parametrize("given", [0, -1])
def test_a_time_of_nothing_is_refused(given):
    with pytest.raises(UsageError, match="give it a time above 0, such as 15 minutes"):
        AllottedTime.within(given, None)


def test_each_attack_has_half_of_its_share_although_those_before_it_take_all_they_may():
    clock, listed = Clock(), probes.chosen(())
    allotted = AllottedTime(1000, clock)
    allotted.ordered(listed, 0)
    every = sum(map(worth, listed))
    for number, probe in enumerate(listed, 1):
        turn = allotted.turn(probe, listed[number:], 0.1)
        assert turn.ends - clock.now >= 0.49 * 1000 * worth(probe) / every, probe.id
        clock.now = turn.ends
    assert clock.now <= 1000


def test_what_its_first_turn_was_too_short_for_goes_on_in_a_second_one():
    scan, lines, _ = scanned(10.0, 500, *ATTACKS, "cors")  # which needs none of the time that is kept for it
    names = [line.partition("] ")[2].partition(":")[0] for line in lines[1:]]
    seldom = [name for name in ATTACKS if name in SELDOM]
    assert names == [*ATTACKS, "cors", *(name for name in ATTACKS[1:] if name not in seldom), *seldom]
    assert all(scan.coverage[name].samples for name in ATTACKS)


def test_a_second_turn_tries_what_the_first_left_alone():
    scan = Scan(services.target("http://127.0.0.1:9", [ROW]), services.target("http://127.0.0.1:9", [ROW]).client())
    points = [SimpleNamespace(location=f"POST /search body {name}") for name in ("text", "texts", "place")]
    scan.coverage.tried("xxe", "POST /search body texts")
    scan.coverage.tried("xxe", "POST /search body place (refused as invalid with 422)")
    assert scan.still_to_try("xxe", points) == points
    scan.resumed = {"xxe"}
    assert [point.location for point in scan.still_to_try("xxe", points)] == ["POST /search body text"]


def test_what_is_resumed_is_no_longer_open_for_want_of_time():
    coverage = Coverage(skipped={"all": "its 2 s were over", "GET /a": "its 2 s were over", "GET /b": "refused"})
    coverage.resume("its 2 s were over")
    assert coverage.open == {"GET /b": "refused"}
