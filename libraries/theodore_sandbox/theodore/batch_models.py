"""The contract's bodies for batches."""

from __future__ import annotations

import re
from datetime import datetime  # noqa: TC003  # pydantic resolves annotations at run time
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, model_validator, StrictBool

from theodore_sandbox.common.free_objects import FreeObject  # noqa: TC001  # pydantic resolves annotations at run time
from theodore_sandbox.theodore.discovery_models import DiscoveryRequest  # noqa: TC001  # pydantic resolves annotations at run time
from theodore_sandbox.theodore.models import CompanyName, JobPriority, Whole

MOST_COMPANIES = 10_000
LONGEST_TEXT = 100_000
FILE_ENDINGS = (".json", ".csv", ".xlsx", ".yaml")


def _of_a_known_kind(reference: str) -> str:
    if not reference.endswith(FILE_ENDINGS):
        raise ValueError(f"The file does not end in one of {', '.join(FILE_ENDINGS)}")
    return reference


def _plain_name(name: str | None) -> str | None:
    if name is not None and not re.fullmatch(r"\w[\w .-]{0,99}", name, re.ASCII):
        raise ValueError("It is not the plain name of a file: letters, digits, spaces, dots, dashes and underscores, no folder")
    return name


def _bounded(body: Any) -> Any:
    """A body without endless texts: that of a batch may be long by its many companies alone."""
    waiting = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            raise ValueError(f"A text is longer than {LONGEST_TEXT} characters")
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return body


FileReference = Annotated[str, Field(max_length=200), AfterValidator(_of_a_known_kind)]
FileName = Annotated[str | None, AfterValidator(_plain_name)]


class OutputFormat(StrEnum):
    """The formats in which the results of a batch are written."""

    JSON = "json"
    CSV = "csv"
    EXCEL = "excel"
    XML = "xml"
    YAML = "yaml"


class BatchJobStatus(StrEnum):
    """The states of a batch."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PARTIALLY_COMPLETED = "partially_completed"

    @property
    def final(self) -> bool:
        """Whether a batch in this state does nothing any more."""
        return self not in (BatchJobStatus.PENDING, BatchJobStatus.RUNNING, BatchJobStatus.PAUSED)


class CompanyInput(BaseModel):
    """One company of a batch."""

    name: CompanyName
    website: str | None = Field(default=None, max_length=2000)
    domain: str | None = Field(default=None, max_length=253)
    industry: str | None = Field(default=None, max_length=200)
    location: str | None = Field(default=None, max_length=200)
    custom_id: str | None = Field(default=None, max_length=200)
    metadata: FreeObject | None = None


Companies = Annotated[list[CompanyInput], Field(min_length=1, max_length=MOST_COMPANIES)] | FileReference


class BatchResearchRequest(BaseModel):
    """Body of ``POST /batch/research``."""

    input_data: Companies
    output_format: OutputFormat | None = OutputFormat.JSON
    concurrency: Whole | None = Field(default=5, ge=1, le=20)
    priority: JobPriority | None = JobPriority.NORMAL
    webhook_url: str | None = Field(default=None, max_length=2000)
    config_overrides: FreeObject | None = None
    resume_job_id: str | None = Field(default=None, max_length=100)
    retry_failed: StrictBool | None = True
    max_retries: Whole | None = Field(default=3, ge=0, le=10)
    output_location: FileName = None
    include_similarity_analysis: StrictBool | None = False
    include_competitive_analysis: StrictBool | None = False

    _bounded = model_validator(mode="before")(_bounded)


class BatchDiscoveryRequest(BaseModel):
    """Body of ``POST /batch/discover``."""

    input_data: Companies
    discovery_config: DiscoveryRequest
    output_format: OutputFormat | None = OutputFormat.JSON
    concurrency: Whole | None = Field(default=3, ge=1, le=10)
    priority: JobPriority | None = JobPriority.NORMAL
    webhook_url: str | None = Field(default=None, max_length=2000)
    deduplicate_results: StrictBool | None = True
    output_location: FileName = None

    _bounded = model_validator(mode="before")(_bounded)


class BatchJobResponse(BaseModel):
    """A batch."""

    job_id: str
    status: BatchJobStatus
    job_type: str
    total_companies: int
    completed: int
    failed: int
    pending: int
    progress_percentage: float = Field(ge=0, le=100)
    estimated_completion: datetime | None = None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    output_location: str | None = None
    output_format: str | None = None
    job_name: str | None = None
    error: str | None = None


class BatchList(BaseModel):
    """Answer of ``GET /batch/jobs``."""

    jobs: list[BatchJobResponse]
    total: int
    limit: int
    offset: int
    has_more: bool


class Upload(BaseModel):
    """Answer of ``POST /batch/upload``."""

    file_id: str
    filename: str
    company_count: int
    file_size: int
    file_type: str
    preview: list[CompanyInput]
    message: str
