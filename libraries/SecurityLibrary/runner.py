"""Runs the probes of a scan one after another, within its budget, until they are done or it is interrupted."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

from SecurityLibrary import curl, discovery
from SecurityLibrary.coverage import ALL
from SecurityLibrary.findings import merged
from SecurityLibrary.pacing import BudgetError
from SecurityLibrary.probes.base import InsertionPointProbe
from SecurityLibrary.sender import UnresponsiveError
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan


def run(
    scan: Scan,
    probes: Iterable[Probe],
    progress: Callable[[str], None] = lambda _: None,
    keep: Callable[[list[Finding]], None] = lambda _: None,
) -> list[Finding]:
    """Run probes one after another; what was found until an interruption is in ``scan.findings``.

    What each probe found is given to ``keep`` at its end: a run that somebody stops may be killed before all is put back.
    """
    listed = list(probes)
    scan.sender.start()
    try:
        if any(isinstance(probe, InsertionPointProbe) for probe in listed):
            discovery.extend(scan)
        for number, probe in enumerate(listed, 1):
            earlier = len(scan.findings)
            try:
                _run_probe(scan, probe)
            finally:
                keep(merged(scan.findings[earlier:]))
                scan.coverage.of(probe.id).ended = dt.datetime.now(dt.UTC)
                scan.sender.traces.put_back()
            so_far = f"{plural(len(scan.findings), 'finding')}, {plural(scan.client.sent, 'request')}"
            progress(f"[{number}/{len(listed)}] {probe.id}: {so_far}")
    except (BudgetError, UnresponsiveError) as error:
        scan.sender.stopped = str(error)
    finally:
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
    try:
        for finding in probe.run(scan):
            scan.findings.append(finding)
    except (BudgetError, UnresponsiveError):
        raise
    except NotEvaluatedError as error:
        scan.coverage.skip(probe.id, ALL, error)
    except QaError:
        scan.sender.recover()  # a sign-in that was not answered tells that the system is gone, not that it is wrong
        raise
    except Exception as error:  # an API that nobody has thought of must not take the other attacks along
        coverage.failed = f"the probe failed with an internal error ({error}): please report it"
        coverage.skip(ALL, coverage.failed)
        logging.getLogger(__name__).debug("The probe %s broke off", probe.id, exc_info=True)
    finally:
        coverage.samples = tuple(dict.fromkeys(map(curl.line, scan.sender.samples))) or coverage.samples
