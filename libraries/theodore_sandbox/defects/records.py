"""The defects of what records say: facts that differ, are lost, doubled, formatted or dated wrongly."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

READERS = ("data-quality", "research", "data", "industry", "ai", "ai-answers", "discovery", "lifecycle", "canary")

RECORDS = (
    Defect(
        "consistency-drifts",
        "From the third research of a company on, a cursor into its list of competitors is left one further on each time.",
        "quality.consistency.repeated",
        "consistency",
        READERS,
    ),
    Defect(
        "one-provider-rounds",
        "Gemini's numbers of employees above 10,000 are rounded to hundreds.",
        "quality.consistency.providers",
        "consistency",
        READERS,
    ),
    Defect(
        "large-counts-dropped",
        "A number of employees with more than five digits does not fit its column and is dropped.",
        "records.completeness.employee_count",
        "research_sample",
        READERS,
    ),
    Defect(
        "decimal-comma",
        "Revenues are written with the decimal mark of the server's locale, a comma.",
        "quality.attribution",
        "research_sample",
        READERS,
    ),
    Defect(
        "headquarters-completed",
        "The headquarters get the country that a table has for their province, whether or not a page names it.",
        "quality.accuracy.sample",
        "research_sample",
        READERS,
    ),
    Defect(
        "products-listed-twice",
        "The product on the home page is listed again where a page lists all of them.",
        "records.uniqueness",
        "research_sample",
        READERS,
    ),
    Defect(
        "local-time-as-utc",
        "The time of a record is the server's local time, two hours ahead, and marked as UTC.",
        "records.freshness.future",
        "research_sample",
        READERS,
    ),
    Defect(
        "directory-entry-dated",
        "A company that only a directory knows gets the date of its entry there as that of the record.",
        "records.freshness",
        "research_sample",
        READERS,
    ),
)
