"""A large run made by hand: what Robot and our listener leave of thousands of tests, and the page that is made of it."""

import datetime as dt
import random

from theodore_qa.log import table
from theodore_qa.observing import evidence

SEED = 17
AREAS = ("e2e", "security", "quality", "cli", "performance", "chaos", "tenants")
SUITES = 60
RUN = "20260101T000000-abcdef"
BEGAN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
VERDICTS = ("PASS",) * 18 + ("FAIL", "NOT EVALUATED")
HEADER = ("Check", "Expected", "Observed", "n (looked at)", "Verdict")


def write(folder, tests, observations):
    """Write output.xml and the evidence of a run of so many tests with so many observations; returns the folder of the suites."""
    from robot.result import Result, TestSuite  # which whoever judges such a run does without

    source = random.Random(SEED)
    suites = folder / "suites"
    writer = evidence.Writer(folder / "evidence", RUN)
    writer.write("process")
    root = TestSuite(name="Suites", source=suites)
    areas = {area: root.suites.create(area.title(), source=suites / area) for area in AREAS}
    left = observations
    for number in range(tests):
        suite = number * SUITES // tests
        area = AREAS[suite % len(AREAS)]
        path = suites / area / f"area_{suite:02}.robot"
        parent = areas[area]
        if not parent.suites or parent.suites[-1].source != path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("*** Test Cases ***\n", encoding="utf-8")
            parent.suites.create(f"Area {suite:02}", source=path)
        share = left // (tests - number)
        left -= share
        _test(writer, parent.suites[-1], number, share, source.choice(VERDICTS))
    writer.close()
    Result(suite=root).save(folder / "output.xml")
    return suites


def _test(writer, suite, number, observations, verdict):
    name = f"Case {number:04} Holds What The Contract Says"
    tags = [f"scenario:s{number % 60}", f"area:a{number % 12}", "control:SOC2-CC6.1", "owasp:A01-2021"]
    relative = f"{suite.source.parent.name}/{suite.source.name}"
    place = {"source": relative, "line": number + 1, "name": name, "attempt": 1}
    writer.write("start", **place, tags=tags)
    rows = []
    for check in range(observations):
        last = check == observations - 1
        found = verdict if last else "PASS"
        words = {"check": f"api.check_{check}", "expected": "at most 2 s", "observed": f"{300 + number % 900} ms", "n": 1, "verdict": found}
        more = {"subject": "GET /orders", "stands": found, "precondition": False, "call": str(check), "exchange": f"{check}:ab", "waived": "", "entry": ""}
        writer.write("observation", **place, **words, **more, controls=["SOC2-CC6.1"])
        rows.append(tuple(words.values()))
    message = "" if verdict == "PASS" else f"{verdict}: api.check of GET /orders: expected at most 2 s, observed {number} s."
    writer.write("test", **place, verdict=verdict, message=message, own="", aside=[], waived=[])
    status = "PASS" if verdict == "PASS" else "FAIL"
    times = {"start_time": BEGAN, "end_time": BEGAN + dt.timedelta(milliseconds=100 + number)}
    test = suite.tests.create(name, doc="Each order is answered in time.", tags=tags, lineno=number + 1, status=status, message=message, **times)
    step = test.body.create_keyword(name="Answer Should Keep Contract", owner="ApiLibrary", args=["GET /orders"], status=status, **times)
    for row in rows:  # as much text as our keywords write, in as many messages
        step.body.create_message(table("Contract: GET /orders", HEADER, [row]), "INFO", html=True, timestamp=BEGAN)
