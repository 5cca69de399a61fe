"""Keywords for the list of batches."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from TheodoreLibrary import batches

OK = 200
DEFAULTS = {"limit": 50, "offset": 0}
KEPT = ("research", "discovery")


class BatchListKeywords:
    """The list of batches."""

    @keyword(tags=("batch",))
    def batches_should_be_listed_in_pages(self, *, page: int = 2, identity: str | None = None) -> None:
        """Makes batches of both kinds in several states, and checks that list, filters and pages hold all and only them.

        Each page must have the limit and offset that were requested, the true total, and say whether more follow. Each batch
        must stand in the list as its own route shows it, the latest first.

        Args:
            page: The number of batches on a page; 2 by default.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        Batches Should Be Listed In Pages    page=2
        ```
        """
        made = [
            batches.start(batches.as_companies([f"Qa Unknown Company {number}"]), identity, "research") for number in range(3)
        ]
        config = {"company_name": "each", "limit": 1}
        made.append(batches.start(batches.as_companies(["Qa Unknown"]), identity, "discovery", discovery_config=config))
        for batch in made:
            batches.follow(batch, 60)
        checks = Checks("Batches", f"pages of {page}")
        whole = _listing("limit=200", identity)
        ids = [str(job.get("job_id")) for job in whole["jobs"]]
        latest = [batch.id for batch in reversed(made)]
        checks.that("batch.listed", ids[: len(made)] == latest, ", ".join(latest), ", ".join(ids[: len(made)]), n=len(ids))
        total = whole.get("total")
        checks.that("batch.list_total", total == len(ids), f"total {len(ids)}", f"total {total}", n=len(ids))
        listed = {str(job.get("job_id")): job for job in whole["jobs"]}
        other = [batch.id for batch in made if listed.get(batch.id) != batches.ask(batch).body]
        observed = f"different: {', '.join(other)}" if other else f"{len(made)} of {len(made)} alike"
        checks.that("batch.list_agrees", not other, "each batch as its own route shows it", observed, n=len(made))
        default = _listing("", identity)
        reported = {name: default.get(name) for name in DEFAULTS}
        checks.that("batch.list_defaults", reported == DEFAULTS, written(DEFAULTS), written(reported), n=len(DEFAULTS))
        _pages(checks, ids, page, identity)
        _filters(checks, whole["jobs"], identity)
        _filters_together(checks, whole["jobs"], identity)
        checks.conclude()


def _pages(checks: Checks, ids: list[str], page: int, identity: str | None) -> None:
    collected: list[str] = []
    wrong: list[str] = []
    pages = 0
    while len(collected) < len(ids):
        offset = len(collected)
        part = _listing(f"limit={page}&offset={offset}", identity)
        collected += [str(job.get("job_id")) for job in part["jobs"]]
        expected = {"limit": page, "offset": offset, "total": len(ids), "has_more": len(collected) < len(ids)}
        pages += 1
        if {name: part.get(name) for name in expected} != expected:
            wrong.append(written({name: part.get(name) for name in expected}))
        if not part["jobs"]:
            break
    observed = wrong[0] if wrong else f"{pages} of {pages} pages"
    checks.that("batch.list_pages", not wrong, "limit, offset, total and has_more of each page", observed, n=pages)
    known = sum(job_id in set(ids) for job_id in set(collected))
    observed = f"{plural(len(collected), 'batch')}, {known} of them listed before"
    checks.that("batch.list_complete", collected == ids, f"{plural(len(ids), 'batch')} in order", observed, n=len(ids))
    beyond = _listing(f"limit={page}&offset={len(ids)}", identity)
    empty = beyond["jobs"] == [] and beyond.get("has_more") is False
    observed = f"{plural(len(beyond['jobs']), 'batch')}, has_more {written(beyond.get('has_more'))}"
    checks.that("batch.list_beyond", empty, "no batch beyond the last, and no more", observed)


def _filters(checks: Checks, jobs: list[dict[str, Any]], identity: str | None) -> None:
    chosen = [("job_type", kind) for kind in KEPT] + [
        ("status", str(status)) for status in sorted({job["status"] for job in jobs})
    ]
    for name, value in chosen:
        expected = [job["job_id"] for job in jobs if job.get(name) == value]
        part = _listing(f"limit=200&{name}={value}", identity)
        found = [job.get("job_id") for job in part["jobs"]]
        checks.that(
            f"batch.list_by_{name}", found == expected, f"the {plural(len(expected), 'batch')} of {name} {value}",
            f"{plural(len(found), 'batch')}, {len(set(found) & set(expected))} of them of it", n=len(expected),
        )  # fmt: skip
        first = _listing(f"limit=1&{name}={value}", identity)
        counted = [(page.get("total"), page.get("has_more")) for page in (part, first)]
        right = [(len(expected), False), (len(expected), len(expected) > 1)]
        expected_counts = f"total and has_more of {name} {value}: {written(right)}"
        checks.that("batch.list_counted", counted == right, expected_counts, written(counted), n=2)


def _filters_together(checks: Checks, jobs: list[dict[str, Any]], identity: str | None) -> None:
    for kind in KEPT:
        for status in ("failed", "completed"):
            expected = [job["job_id"] for job in jobs if (job.get("job_type"), job.get("status")) == (kind, status)]
            part = _listing(f"limit=200&job_type={kind}&status={status}", identity)
            found = [job.get("job_id") for job in part["jobs"]]
            observed = f"{plural(len(found), 'batch')}, {len(set(found) & set(expected))} of them of both"
            condition = f"the {plural(len(expected), 'batch')} of job_type {kind} and status {status}"
            checks.that("batch.list_by_both", found == expected, condition, observed, n=len(jobs))


def _listing(query: str, identity: str | None) -> dict[str, Any]:
    system = context.system
    answer = system.request("GET", f"/batch/jobs?{query}", token=system.token(identity))
    body = answer.body
    if answer.status != OK or not isinstance(body, dict) or not isinstance(body.get("jobs"), list):
        raise QaError(
            f"The list of batches could not be read: expected 200 with jobs from GET {answer.path}, "
            f"observed {answer.status} with {answer.excerpt()}."
        )
    return body
