"""The bodies of exports, as resources/contracts has them."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
    StrictBool,
    StrictFloat,
    StrictInt,
)

from theodore_sandbox.theodore import conditions
from theodore_sandbox.theodore.batch_models import FileName  # noqa: TC001  # pydantic resolves annotations at run time
from theodore_sandbox.theodore.models import BusinessModel, CompanyIntelligence, CompanyName, CompanySize, IndustryCategory, Whole

FIELDS = tuple(CompanyIntelligence.model_fields)
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)
MOST_RECORDS, MOST_IN_PDF, MOST_AGGREGATIONS = 100_000, 1000, 10


def _moment(value: Any) -> Any:
    """A number is no moment, and a text is one with its zone: pydantic alone takes more."""
    if value is None or isinstance(value, datetime) or (isinstance(value, str) and RFC_3339.fullmatch(value)):
        return value
    raise ValueError("Not a moment with its zone, such as 2026-01-02T03:04:05Z")


Moment = Annotated[datetime, BeforeValidator(_moment)]


class ExportFormat(StrEnum):
    """The formats of an export."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    YAML = "yaml"
    XML = "xml"
    MARKDOWN = "markdown"
    HTML = "html"
    PDF = "pdf"
    ZIP = "zip"


class ReportFormat(StrEnum):
    """The formats of a report about one company."""

    JSON = "json"
    PDF = "pdf"
    HTML = "html"
    MARKDOWN = "markdown"


def _known(names: list[str] | None) -> list[str] | None:
    unknown = [name for name in names or [] if name not in FIELDS]
    if unknown:
        raise ValueError(f"There is no field {unknown[0]!r}")
    return names


FieldNames = Annotated[list[str] | None, Field(max_length=len(FIELDS)), AfterValidator(_known)]


def _new(heading: str) -> str:
    if heading in (*FIELDS, "group"):
        raise ValueError(f"The column {heading!r} is there already")
    return heading


FieldName = Annotated[str, AfterValidator(lambda name: (_known([name]) or [name])[0])]
Heading = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,49}$"), AfterValidator(_new)]


def _sortable(name: str | None) -> str | None:
    if name is not None and name.removeprefix("-") not in FIELDS:
        raise ValueError("It is sorted by a field, or by a field after a minus")
    return name


def _readable(condition: str | None) -> str | None:
    if condition is not None:
        conditions.read(condition)
    return condition


Amount = StrictFloat | StrictInt
Condition = Annotated[str, AfterValidator(_readable)]


class ExportFilters(BaseModel):
    """What the companies that are exported must be like; a filter that is not known would choose everything, and is refused."""

    model_config = ConfigDict(extra="forbid")

    industries: list[IndustryCategory] | None = Field(default=None, max_length=20)
    business_models: list[BusinessModel] | None = Field(default=None, max_length=20)
    company_sizes: list[CompanySize] | None = Field(default=None, max_length=20)
    growth_stages: list[str] | None = Field(default=None, max_length=20)
    locations: list[str] | None = Field(default=None, max_length=20)
    employee_count_min: Whole | None = Field(default=None, ge=0)
    employee_count_max: Whole | None = Field(default=None, ge=0)
    revenue_min: Amount | None = Field(default=None, ge=0)
    revenue_max: Amount | None = Field(default=None, ge=0)
    min_quality_score: Amount | None = Field(default=None, ge=0, le=1)
    similar_to: CompanyName | None = None
    similarity_threshold: Amount | None = Field(default=None, ge=0, le=1)
    sql_like_query: Condition | None = None
    custom_expressions: list[Condition] | None = Field(default=None, max_length=20)
    created_after: Moment | None = None
    created_before: Moment | None = None
    updated_after: Moment | None = None
    updated_before: Moment | None = None

    @model_validator(mode="after")
    def _in_order(self) -> ExportFilters:
        for name in ("employee_count", "revenue"):
            least, most = getattr(self, f"{name}_min"), getattr(self, f"{name}_max")
            if least is not None and most is not None and least > most:
                raise ValueError(f"{name}_min is above {name}_max")
        if self.similarity_threshold is not None and self.similar_to is None:
            raise ValueError("similarity_threshold needs similar_to, a company that was researched")
        return self


class Function(StrEnum):
    """What becomes of the values of a group."""

    COUNT = "count"
    SUM = "sum"
    MEAN = "mean"
    MIN = "min"
    MAX = "max"


class Aggregation(BaseModel):
    """A function over the values of a field that are known."""

    field: Literal["employee_count", "founded_year", "confidence_score"]
    function: Function

    @property
    def column(self) -> str:
        """The name of its column."""
        return f"{self.function}_{self.field}"


class ExportRequest(BaseModel):
    """Body of ``POST /export/companies``."""

    format: ExportFormat = ExportFormat.CSV
    filters: ExportFilters | None = None
    include_fields: FieldNames = None
    exclude_fields: FieldNames = None
    custom_columns: dict[Heading, FieldName] | None = Field(default=None, max_length=20)
    group_by: Literal["industry", "business_model", "company_size", "headquarters"] | None = None
    aggregations: list[Aggregation] | None = Field(default=None, max_length=MOST_AGGREGATIONS)
    sort_by: Annotated[str | None, AfterValidator(_sortable)] = None
    limit: Whole | None = Field(default=None, ge=1, le=MOST_RECORDS)
    offset: Whole | None = Field(default=0, ge=0, le=MOST_RECORDS)
    stream_large_datasets: StrictBool | None = True
    streaming_threshold: Whole | None = Field(default=1000, ge=1, le=MOST_RECORDS)
    chunk_size: Whole | None = Field(default=1000, ge=1, le=10_000)
    file_path: FileName = None
    compress: StrictBool | None = False
    validate_data: StrictBool | None = True
    include_audit_trail: StrictBool | None = False

    @model_validator(mode="after")
    def _whole_groups(self) -> ExportRequest:
        chosen = self.include_fields or self.exclude_fields or self.custom_columns or self.sort_by
        if self.aggregations and chosen:
            raise ValueError("Aggregations have columns and an order of their own")
        return self


class ReportRequest(BaseModel):
    """Body of ``POST /export/report``."""

    company: CompanyName
    format: ReportFormat = ReportFormat.PDF
    include_similar: StrictBool | None = False


class BackupRequest(BaseModel):
    """Body of ``POST /export/backup``."""

    include_cache: StrictBool | None = False


class InvalidValue(BaseModel):
    """A value of a company that breaks a rule."""

    row: int
    company: str | None
    field: str
    problem: str


class AuditTrail(BaseModel):
    """Who exported what, when, with which filters."""

    exported_by: str
    exported_at: datetime
    format: ExportFormat
    filters: dict[str, Any]
    columns: list[str]
    record_count: int
    sha256: str


class ExportResult(BaseModel):
    """A file that was written, and what is in it."""

    export_id: str
    format: ExportFormat
    file_name: str
    media_type: str
    record_count: int
    file_size_bytes: int
    processing_time_seconds: float
    streaming_used: bool
    columns: list[str]
    compressed: bool
    validation_passed: bool | None
    invalid_count: int | None
    validation_errors: list[InvalidValue]
    audit_trail: AuditTrail | None = None
    sha256: str
    created_at: datetime
    download_url: str


class ExportFormats(BaseModel):
    """Answer of ``GET /export/formats``."""

    formats: list[dict[str, str]]
    limits: dict[str, int]
