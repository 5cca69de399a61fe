"""Runs the probes of a scan one after another, within its budget, until they are done or it is interrupted."""

from __future__ import annotations

import datetime as dt
import itertools
import logging
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING

from SecurityLibrary.allotted_time import AllottedTime
from SecurityLibrary.coverage import ALL, internal_error, REST
from SecurityLibrary.discovery import named_paths, page_forms
from SecurityLibrary.findings import curl
from SecurityLibrary.findings.finding import merged
from SecurityLibrary.identities.accounts import somebody
from SecurityLibrary.probes.base import InsertionPointProbe
from SecurityLibrary.sending.pacing import BudgetError, TurnOverError
from SecurityLibrary.sending.sender import UnresponsiveError
from SecurityLibrary.values import open_bodies
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from SecurityLibrary.sending.pacing import Turn

USUAL_REQUESTS = 4  # of an attack for each operation and each of its places, on average


def run(
    scan: Scan,
    probes: Iterable[Probe],
    progress: Callable[[str], None] = lambda _: None,
    keep: Callable[[list[Finding]], None] = lambda _: None,
    allotted: AllottedTime | None = None,
) -> list[Finding]:
    """Run probes one after another; what was found until an interruption is in ``scan.findings``.

    What each probe found is given to ``keep`` at its end: a run that somebody stops may be killed before all is put back.
    Where the time is ``allotted``, each probe has its turn, and what it did not come to is open, with the reason.
    """
    listed, allotted = list(probes), allotted or AllottedTime()
    scan.plan.better_values.somebody = partial(somebody, scan)
    scan.sender.start()
    scan.sender.turn = allotted.whole()
    try:
        open_bodies.learn(scan)
        page_forms.complete(scan)
        if any(isinstance(probe, InsertionPointProbe) for probe in listed):
            named_paths.extend(scan)
        if allotted.seconds is not None:
            usual = _usual_seconds(scan, listed)
            listed = allotted.ordered(listed, usual)
            latency = scan.client.latency
            progress(f"takes about {usual:.0f} s, as an answer takes {latency:.2f} s, and has {max(0.0, allotted.left):.0f} s")
        cut_short = _run_all(scan, listed, allotted, progress, keep)
        resumed = allotted.again([probe for probe in listed if probe.resumable and probe.id in cut_short])
        for probe in resumed:
            scan.coverage.of(probe.id).resume(cut_short[probe.id])
        scan.resumed = {probe.id for probe in resumed}
        _run_all(scan, resumed, allotted, progress, keep)
    except (BudgetError, UnresponsiveError) as error:
        scan.sender.stopped = str(error)
    finally:
        scan.sender.turn = None
        scan.resumed = set()
        scan.sender.stop()
        scan.findings = merged(scan.findings)
    return scan.findings


def _run_all(
    scan: Scan,
    listed: Sequence[Probe],
    allotted: AllottedTime,
    progress: Callable[[str], None],
    keep: Callable[[list[Finding]], None],
) -> dict[str, str]:
    """Run attacks one after another, or beside each other; why the time of some was over before they were done, by id."""
    number = 0
    cut_short: dict[str, str] = {}
    while number < len(listed):
        beside = _side_by_side(scan, listed[number:])
        earlier, first = len(scan.findings), number
        number += len(beside)
        turns = [allotted.turn(probe, listed[number:], scan.client.latency) for probe in beside]
        try:
            _run_together(scan, beside, turns)
        finally:
            scan.sender.turn = None
            keep(merged(scan.findings[earlier:]))
            scan.sender.traces.put_back()
        cut_short |= {probe.id: turn.reason for probe, turn in zip(beside, turns, strict=True) if turn and turn.cut_short}
        so_far = f"{plural(len(scan.findings), 'finding')}, {plural(scan.client.sent, 'request')}"
        left = "" if allotted.seconds is None else f", {max(0.0, allotted.left):.0f} s left"
        for place, probe in enumerate(beside, first + 1):
            progress(f"[{place}/{len(listed)}] {probe.id}: {so_far}{left}")
    return cut_short


def _side_by_side(scan: Scan, waiting: Sequence[Probe]) -> Sequence[Probe]:
    """The attacks that go next: one, or those of one group, where answers take so long that a scan waits all the time."""
    group = waiting[0].group
    if not group or scan.workers == scan.threads:
        return waiting[:1]
    return list(itertools.takewhile(lambda probe: probe.group == group, waiting))


def _run_together(scan: Scan, probes: Sequence[Probe], turns: Sequence[Turn | None]) -> None:
    """Run attacks, several side by side, each in its turn."""
    if len(probes) == 1:
        _run_in_turn(scan, probes[0], turns[0])
        return
    with ThreadPoolExecutor(len(probes), thread_name_prefix="attack") as pool:
        pairs = zip(probes, turns, strict=True)
        running = [pool.submit(copy_context().run, _run_in_turn, scan, probe, turn) for probe, turn in pairs]
    for attack in running:
        attack.result()


def _run_in_turn(scan: Scan, probe: Probe, turn: Turn | None) -> None:
    scan.sender.turn = turn
    try:
        _run_probe(scan, probe)
    finally:
        scan.coverage.of(probe.id).ended = dt.datetime.now(dt.UTC)


def _run_probe(scan: Scan, probe: Probe) -> None:
    coverage = scan.coverage.of(probe.id)
    coverage.began = coverage.began or dt.datetime.now(dt.UTC)
    samples = scan.sender.answers.begin_samples()
    if probe.changes and not scan.allow_changes:
        coverage.skip(ALL, "it changes something: allow_changes=True is needed", waived=True)
        return
    turn = scan.sender.turn
    try:
        for finding in probe.run(scan):
            scan.findings.append(finding)
    except TurnOverError:
        pass  # it is recorded below, as where a probe goes on without what it was refused
    except (BudgetError, UnresponsiveError):
        raise
    except NotEvaluatedError as error:
        scan.coverage.skip(probe.id, ALL, error)
    except QaError:
        scan.sender.recover()  # a sign-in that was not answered tells that the system is gone, not that it is wrong
        raise
    except Exception as error:  # an API that nobody has thought of must not take the other attacks along
        coverage.failed = internal_error("the probe", error)
        coverage.skip(ALL, coverage.failed)
        logging.getLogger(__name__).debug("The probe %s broke off", probe.id, exc_info=True)
    finally:
        if turn and turn.cut_short:
            scan.coverage.skip(probe.id, REST if coverage.tried else ALL, turn.reason)
        coverage.samples = tuple(dict.fromkeys(map(curl.line, samples))) or coverage.samples


def _usual_seconds(scan: Scan, probes: list[Probe]) -> float:
    """How long attacks usually take where answers take as long as those until now."""
    places = sum(1 + len(operation.parameters) for operation in scan.plan.operations)
    return len(probes) * places * USUAL_REQUESTS * scan.client.latency / scan.workers
