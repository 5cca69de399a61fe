"""Choices of exports, each value of each filter and each field tried in turn, and the times by which companies are chosen."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Any, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.observing.display import plural, written
from TheodoreLibrary import documents, export_checks, export_filters, exports, jobs
from TheodoreLibrary.documents import BrokenDocumentError
from TheodoreLibrary.export_filters import OF_RANGES, PLAIN_FILTERS

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.exports import Export
    from TheodoreLibrary.jobs import Job

ENUMS = {"industries": "IndustryCategory", "business_models": "BusinessModel", "company_sizes": "CompanySize"}
MOST_NAMED = 3
MOST_SIMILAR, MOST_IN_REPORT, THRESHOLD = 100, 10, 0.6
LONGEST = 60.0
ELSEWHERE = timezone(timedelta(hours=5, minutes=30))
Record = dict[str, Any]


def values_of(filter_name: str) -> list[str]:
    """The values that the contract has for a filter."""
    schemas = context.system.contract.needed.raw["components"]["schemas"]
    return [str(value) for value in schemas[ENUMS[filter_name]]["enum"]]


def each_value(checks: Checks, records: list[Record], identity: str | None, *, alone: bool) -> None:
    """Each filter by a list chooses by each of its values alone, and by all together that a company has, all but one."""
    for name, field in PLAIN_FILTERS.items():
        values = values_of(name)
        met = [value for value in values if any(record.get(field) == value for record in records)]
        wrong = [problem for value in values if (problem := _differs(records, {name: [value]}, identity, alone=alone))]
        found = f"{len(values)} of {len(values)} values as in the records, {len(met)} of them with companies"
        expected = f"the companies of each of {len(values)} values of {name}"
        if not met:
            checks.not_evaluated("export.value_alone", expected, f"no record has a {field}")
            continue
        checks.that("export.value_alone", not wrong, expected, "; ".join(wrong[:MOST_NAMED]) or found, n=len(values))
        if len(met) > 1:
            last_first = met[::-1]
            problem = _differs(records, {name: last_first[:-1]}, identity, alone=alone)
            together = f"the companies of {', '.join(last_first[:-1])}"
            checks.that("export.value_together", not problem, together, problem or "those alone", n=len(met) - 1)


def each_end(checks: Checks, records: list[Record], identity: str | None, *, alone: bool) -> None:
    """Each end of each range chooses at a value that a company has, between two values, and at the next one."""
    for name in OF_RANGES:
        known = (export_filters.ranged(record, name) for record in records)
        values = sorted({value for value in known if value is not None}, reverse=name.endswith("_max"))
        expected = f"the companies at, between and beyond two values of {name}"
        if len(values) < 2:  # noqa: PLR2004  # an end lies between two
            reason = f"{plural(len(values), 'value')} in {plural(len(records), 'record')}"
            checks.not_evaluated("export.range_end", expected, reason)
            continue
        first, second = values[:2]
        between = (first + second) // 2 if isinstance(first, int) else (first + second) / 2
        differences = [_differs(records, {name: end}, identity, alone=alone) for end in (first, between, second)]
        wrong = [problem for problem in differences if problem]
        found = f"the records' at {first:.12g}, {between:.12g} and {second:.12g}"
        checks.that("export.range_end", not wrong, expected, "; ".join(wrong) or found, n=3)


def each_field(checks: Checks, records: list[Record], identity: str | None, *, alone: bool) -> None:
    """Each field can be a column beside the domain, and each that is one value can be sorted by, in both directions."""
    fields = [name for name in dict.fromkeys(name for record in records for name in record) if name != "domain"]
    plain = [name for name in fields if not any(isinstance(record.get(name), list | dict) for record in records)]
    known = {str(record.get("domain")) for record in records}
    wrong_columns, wrong_order = [], []
    for name in fields:
        for sort_by in (name, f"-{name}") if name in plain else ("domain",):
            request = {"include_fields": [name, "domain"], "sort_by": sort_by}
            export = exports.make("companies", identity, format="json", **request)
            rows = _rows(export)
            if rows and not alone:
                rows = [row for row in rows if str(row.get("domain")) in known]
            expected = exports.chosen(records, request)
            if rows is None or (rows and list(rows[0]) != [name, "domain"]) or len(rows) != len(expected):
                wrong_columns.append(f"{name}: {written(list(rows[0])) if rows else 'no records'}")
            elif rows != expected:
                wrong_order.append(f"{sort_by}: {', '.join(str(row['domain']) for row in rows[:MOST_NAMED])} first")
    checks.that(
        "export.each_column", not wrong_columns, f"each of {len(fields)} fields as a column before the domain",
        "; ".join(wrong_columns[:MOST_NAMED]) or f"{len(fields)} of {len(fields)} fields", n=len(fields),
    )  # fmt: skip
    checks.that(
        "export.each_order", not wrong_order, f"the order of each of {len(plain)} fields, in both directions",
        "; ".join(wrong_order[:MOST_NAMED]) or f"{2 * len(plain)} of {2 * len(plain)} orders", n=2 * len(plain),
    )  # fmt: skip


def by_time(checks: Checks, renewed: Job, made: Job) -> None:
    """Of a company whose record was renewed and one whose was made, a filter by time chooses those that it should.

    The moment is written as the system does, and in another zone.
    """
    moment = min(datetime.fromisoformat(str(job.state["created_at"])) for job in (renewed, made))
    old, new = (str((job.record or {}).get("domain")) for job in (renewed, made))
    expected = {"created_after": {new}, "created_before": {old}, "updated_after": {old, new}, "updated_before": set()}
    written_as = {zone: moment.astimezone(zone).isoformat() for zone in (moment.tzinfo, ELSEWHERE)}
    trials = [({name: text}, chosen) for (name, chosen), text in product(expected.items(), written_as.values())]
    at = moment.isoformat()
    trials += [({f"{kind}_after": at, f"{kind}_before": at}, set()) for kind in ("created", "updated")]  # both at once leave none
    for filters, chosen in trials:
        name = next(iter(filters))
        rows = _rows(exports.make("companies", made.identity, format="json", filters=filters, include_fields=["domain"]))
        found = {str(row.get("domain")) for row in rows or []} & {old, new}
        others = len(rows or []) - len(found)
        kind = name.partition("_")[0]
        check = f"export.{kind}"
        observed = f"{written(sorted(found)) if found else 'neither'} and {plural(others, 'other company')} by {written(filters)}"
        checks.that(check, rows is not None and found == chosen, written(sorted(chosen)) if chosen else "neither", observed, n=2)


def similar(company: str, identity: str | None, threshold: float = THRESHOLD, limit: int = MOST_SIMILAR) -> list[Record]:
    """The companies among those that were researched that a discovery finds to be similar, the most similar first."""
    options = {"limit": limit, "similarity_threshold": threshold, "source_preference": ["vector"]}
    job = jobs.follow(jobs.start(company, identity, jobs.DISCOVERY, **options), LONGEST)
    jobs.leave_open(job)
    if job.status != "completed":
        raise QaError(f"The {job} ended {job.status}: expected completed, observed {job.error}.")
    return [match["company"] for match in job.results]


def by_similarity(checks: Checks, company: str, threshold: float | None, identity: str | None) -> None:
    """A filter by similarity chooses the companies that a discovery among the researched ones finds, and no others."""
    least = THRESHOLD if threshold is None else threshold
    expected = {str(record.get("domain")) for record in similar(company, identity, least)}
    all_of_them = domains(identity)
    condition = f"the companies of a discovery with a similarity of {least:g} or more to {company}"
    if not expected or len(expected) >= len(all_of_them) - 1:
        found = "none" if not expected else f"all {len(expected)}"
        checks.not_evaluated("export.similar", condition, f"{found} of {len(all_of_them)} companies are so similar")
        return
    filters: Record = {"similar_to": company} | ({} if threshold is None else {"similarity_threshold": threshold})
    rows = _rows(exports.make("companies", identity, format="json", filters=filters, include_fields=["domain"]))
    came = [str(row.get("domain")) for row in rows or []]
    missing, foreign = sorted(expected - set(came)), sorted(set(came) - expected)
    observed = f"missing {', '.join(missing) or 'none'}, foreign {', '.join(foreign[:MOST_NAMED]) or 'none'}"
    same = rows is not None and sorted(came) == sorted(expected)
    checks.that("export.similar", same, condition, plural(len(came), "company") if same else observed, n=len(all_of_them))


def similar_in_report(checks: Checks, export: Export, record: Record) -> None:
    """A report names the most similar companies where they are requested, and else none."""
    requested = bool(export.request.get("include_similar"))
    names = [str(found["name"]) for found in similar(str(record["name"]), export.identity, limit=MOST_IN_REPORT)]
    condition = f"{plural(len(names), 'similar company')} named" if requested else "no similar companies named"
    if not names:
        checks.not_evaluated("export.report_similar", condition, "no company is similar")
        return
    if export.format == "json":
        came = export_checks.json_object(export.content).get("similar_companies")
        checks.equal("export.report_similar", names if requested else [], came)
        return
    try:
        text = export_checks.report_text(export.format, export.content)
    except BrokenDocumentError as error:
        checks.that("export.report_similar", holds=False, expected=condition, observed=str(error))
        return
    _, heading, rest = text.partition("Similar companies")
    missing = [name for name in names if name not in rest]
    right = bool(heading) and not missing if requested else not heading
    observed = f"missing: {written(missing[:MOST_NAMED])}" if heading and missing else "named" if heading else "none named"
    checks.that("export.report_similar", right, condition, observed, n=len(names))


def domains(identity: str | None) -> set[str]:
    """The companies that the tenant has."""
    rows = _rows(exports.make("companies", identity, format="json", include_fields=["domain"]))
    return {str(row.get("domain")) for row in rows or []}


def _differs(records: list[Record], filters: dict[str, Any], identity: str | None, *, alone: bool) -> str:
    """How the companies that filters choose differ from those of the records; nothing where they do not."""
    rows = _rows(exports.make("companies", identity, format="json", filters=filters, include_fields=["domain"]))
    if rows is None:
        return f"{written(filters)}: no JSON"
    if not alone:
        known = {str(record.get("domain")) for record in records}
        rows = [row for row in rows if str(row.get("domain")) in known]
    came = {str(row.get("domain")) for row in rows}
    expected = {str(record.get("domain")) for record in exports.chosen(records, {"filters": filters})}
    missing, foreign = sorted(expected - came), sorted(came - expected)
    if not missing and not foreign and len(came) == len(rows):
        return ""
    return f"{written(filters)}: missing {', '.join(missing) or 'none'}, foreign {', '.join(foreign[:MOST_NAMED]) or 'none'}"


def _rows(export: exports.Export) -> list[Record] | None:
    try:
        return documents.read_json(export.content).rows
    except BrokenDocumentError:
        return None
