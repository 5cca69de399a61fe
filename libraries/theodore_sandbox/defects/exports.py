"""The defects of exports."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

AREAS = ("export", "contract")
EXPORTS = (
    Defect(
        "export-stops-at-a-chunk",
        "An export of more companies than a chunk holds ends with the first chunk.",
        "export.count",
        "export_formats",
        AREAS,
    ),
    Defect(
        "export-from-a-cache",
        "An export that was made before is answered from a cache, whatever was researched since.",
        "export.count",
        "export_choices",
        AREAS,
    ),
    Defect(
        "export-filter-ignored",
        "Companies are filtered by each field but their size.",
        "export.chosen",
        "export_choices",
        AREAS,
    ),
    Defect(
        "export-time-without-zone",
        "Times are written without their zone.",
        "export.values",
        "export_formats",
        AREAS,
    ),
    Defect(
        "export-header-in-other-order",
        "The columns stand in another order than they were requested in.",
        "export.column_order",
        "export_choices",
        AREAS,
    ),
    Defect(
        "backup-part-outside",
        "A part of a backup is named so that it is unpacked outside the folder.",
        "export.backup_safe",
        "export_files",
        AREAS,
    ),
    Defect(
        "range-off-by-one",
        "A part of a file begins a byte late, so that a download that is resumed lacks one.",
        "export.resumed",
        "export_files",
        AREAS,
    ),
    Defect(
        "tenant-leak-export",
        "Whoever knows the identifier of a file downloads it, whichever tenant's it is.",
        "export.other_tenant",
        "export_files",
        (*AREAS, "tenants", "authorization", "security"),
    ),
    Defect(
        "export-first-value-alone",
        "Of a list of values in a filter the first alone is looked at.",
        "export.value_together",
        "export_each_value",
        AREAS,
    ),
    Defect(
        "export-marketplaces-unfiltered",
        "The filter by business model lets everything through where it names marketplaces.",
        "export.value_alone",
        "export_each_value",
        AREAS,
    ),
    Defect(
        "export-created-is-updated",
        "A company is taken for new whenever its record is renewed.",
        "export.created",
        "export_each_value",
        AREAS,
    ),
    Defect(
        "export-mean-over-all",
        "A mean counts companies whose value is not known, as zero.",
        "export.values",
        "export_aggregations",
        AREAS,
    ),
    Defect(
        "export-count-of-the-unknown",
        "The count of a field counts companies whose value is not known.",
        "export.values",
        "export_aggregations",
        AREAS,
    ),
    Defect(
        "export-last-group-lost",
        "The last group is never finished and left out.",
        "export.count",
        "export_aggregations",
        AREAS,
    ),
    Defect(
        "backup-without-cache",
        "A backup never holds the finished researches, whether they are requested or not.",
        "export.backup_cache",
        "export_files",
        AREAS,
    ),
    Defect(
        "export-unknown-is-not",
        "NOT of a comparison with a value that is not known is true.",
        "export.chosen",
        "export_choices",
        AREAS,
    ),
    Defect(
        "export-billions-as-units",
        "Of a revenue the number before the word billion is compared alone.",
        "export.chosen",
        "export_choices",
        AREAS,
    ),
    Defect(
        "export-new-columns-lost",
        "Columns with names of their own are accepted and left out.",
        "export.column_order",
        "export_choices",
        AREAS,
    ),
    Defect(
        "export-similarity-rounded",
        "The least similarity is taken for a whole number.",
        "export.similar",
        "export_choices",
        AREAS,
    ),
    Defect(
        "report-without-similar",
        "A report never names similar companies, whether they are requested or not.",
        "export.report_similar",
        "export_files",
        AREAS,
    ),
)
