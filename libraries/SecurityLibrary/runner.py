"""Runs the probes of a scan one after another, within its budget, until they are done or it is interrupted."""

from __future__ import annotations

import datetime as dt
import logging
from functools import partial
from typing import TYPE_CHECKING

from SecurityLibrary import curl, discovery, open_bodies
from SecurityLibrary.accounts import somebody
from SecurityLibrary.allotted_time import AllottedTime
from SecurityLibrary.coverage import ALL, internal_error, REST
from SecurityLibrary.findings import merged
from SecurityLibrary.pacing import BudgetError, TurnOverError
from SecurityLibrary.probes.base import InsertionPointProbe
from SecurityLibrary.sender import UnresponsiveError
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan

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
        if any(isinstance(probe, InsertionPointProbe) for probe in listed):
            discovery.extend(scan)
        if allotted.seconds is not None:
            usual = _usual_seconds(scan, listed)
            listed = allotted.ordered(listed, usual)
            latency = scan.client.latency
            progress(f"takes about {usual:.0f} s, as an answer takes {latency:.2f} s, and has {max(0.0, allotted.left):.0f} s")
        for number, probe in enumerate(listed, 1):
            earlier = len(scan.findings)
            scan.sender.turn = allotted.turn(probe, listed[number:], scan.client.latency)
            try:
                _run_probe(scan, probe)
            finally:
                scan.sender.turn = None
                keep(merged(scan.findings[earlier:]))
                scan.coverage.of(probe.id).ended = dt.datetime.now(dt.UTC)
                scan.sender.traces.put_back()
            so_far = f"{plural(len(scan.findings), 'finding')}, {plural(scan.client.sent, 'request')}"
            left = "" if allotted.seconds is None else f", {max(0.0, allotted.left):.0f} s left"
            progress(f"[{number}/{len(listed)}] {probe.id}: {so_far}{left}")
    except (BudgetError, UnresponsiveError) as error:
        scan.sender.stopped = str(error)
    finally:
        scan.sender.turn = None
        scan.sender.stop()
        scan.findings = merged(scan.findings)
    return scan.findings


def _run_probe(scan: Scan, probe: Probe) -> None:
    coverage = scan.coverage.of(probe.id)
    coverage.began = coverage.began or dt.datetime.now(dt.UTC)
    scan.sender.samples.clear()
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
        coverage.samples = tuple(dict.fromkeys(map(curl.line, scan.sender.samples))) or coverage.samples


def _usual_seconds(scan: Scan, probes: list[Probe]) -> float:
    """How long attacks usually take where answers take as long as those until now."""
    places = sum(1 + len(operation.parameters) for operation in scan.plan.operations)
    return len(probes) * places * USUAL_REQUESTS * scan.client.latency / scan.workers
