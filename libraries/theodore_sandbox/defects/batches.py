"""The defects of batches, of the files that go in and of those that come out."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

AREAS = ("batch", "contract")
BATCHES = (
    Defect(
        "batch-at-work-lost",
        "A batch is resumed behind the companies that were at work when it was paused.",
        "batch.all_decided",
        "batch_control",
        AREAS,
    ),
    Defect(
        "batch-counted-again",
        "After a resume the last companies that were done are done and counted once more.",
        "batch.numbers",
        "batch_control",
        AREAS,
    ),
    Defect(
        "batch-checkpoint-lost",
        "A resumed batch begins anew.",
        "batch.checkpoint_kept",
        "batch_control",
        AREAS,
    ),
    Defect(
        "batch-cancel-ignored",
        "A cancelled batch is marked, and works on.",
        "batch.cancelled_quiet",
        "batch_control",
        AREAS,
    ),
    Defect(
        "batch-retries-without-end",
        "Companies are tried again however few retries were requested.",
        "batch.retries_end",
        "batch_control",
        AREAS,
    ),
    Defect(
        "batch-filter-ignored",
        "The list of batches takes each status as a filter but failed.",
        "batch.list_by_status",
        "batch_control",
        AREAS,
    ),
    Defect(
        "batch-share-of-finished",
        "The progress is the share of successes among the companies that are done.",
        "batch.percentage",
        "batch_research",
        AREAS,
    ),
    Defect(
        "batch-rows-mixed",
        "The record of a company is kept where the next one's is, so that concurrent ones are mixed up.",
        "batch.own_record",
        "batch_research",
        AREAS,
    ),
    Defect(
        "batch-results-reordered",
        "The results come in the order of their names.",
        "batch.order",
        "batch_research",
        AREAS,
    ),
    Defect(
        "csv-formulas-kept",
        "A cell of a CSV file may begin with a formula.",
        "batch.results.formulas",
        "batch_research",
        (*AREAS, "export"),
    ),
    Defect(
        "workbook-formulas-run",
        "A text that begins with an equals sign becomes a formula of the workbook.",
        "batch.results.formulas",
        "batch_research",
        (*AREAS, "export"),
    ),
    Defect(
        "csv-decimal-comma",
        "Numbers in CSV files are written with a comma.",
        "batch.results.values",
        "batch_research",
        (*AREAS, "export"),
    ),
    Defect(
        "upload-last-line-dropped",
        "A last line without a line end is not read.",
        "batch.upload_count",
        "batch_uploads",
        AREAS,
    ),
    Defect(
        "upload-mark-kept",
        "A byte order mark is taken for a part of the first column's name.",
        "batch.uploaded",
        "batch_uploads",
        AREAS,
    ),
    Defect(
        "upload-lines-joined",
        "A line break within a quoted cell is lost.",
        "batch.upload_preview",
        "batch_uploads",
        AREAS,
    ),
    Defect(
        "webhook-lost",
        "A webhook that is not taken at first is not sent again.",
        "webhook.delivered",
        "batch_webhooks",
        AREAS,
    ),
    Defect(
        "webhook-sent-twice",
        "A webhook is sent again although it was taken.",
        "webhook.delivered",
        "batch_webhooks",
        AREAS,
    ),
    Defect(
        "webhook-unsigned",
        "Webhooks are sent without a signature.",
        "webhook.signed",
        "batch_webhooks",
        AREAS,
    ),
    Defect(
        "tenant-leak-batch",
        "Whoever knows the identifier of a batch sees and stops it, whichever tenant's it is.",
        "api.status",
        "batch_access",
        (*AREAS, "tenants", "authorization", "security"),
    ),
    Defect(
        "batch-polling-counted",
        "To look at a batch counts for the limit of batches that are started.",
        "api.status",
        "rate_limits",
        (*AREAS, "limits"),
    ),
)
