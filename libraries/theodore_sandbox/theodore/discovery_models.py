"""The contract's bodies for discovery."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  # pydantic resolves annotations at run time
from typing import Any

from pydantic import BaseModel, Field, model_validator, StrictBool, StrictFloat

from theodore_sandbox import defects
from theodore_sandbox.theodore.models import (
    BusinessModel,
    CompanyName,
    CompanySize,
    IndustryCategory,
    JobPriority,
    JobStatus,
    ProgressInfo,
    SimilarityResult,
    TechSophistication,
    Whole,
)


class DiscoveryFilters(BaseModel):
    """What the companies that are found must be like."""

    business_model: list[BusinessModel] | None = None
    company_size: list[CompanySize] | None = None
    tech_sophistication: list[TechSophistication] | None = None
    industry: list[IndustryCategory] | None = None
    location: list[str] | None = Field(default=None, max_length=20)
    founded_after: Whole | None = Field(default=None, ge=1800, le=2025)
    founded_before: Whole | None = Field(default=None, ge=1800, le=2025)
    min_employees: Whole | None = Field(default=None, ge=0)
    max_employees: Whole | None = Field(default=None, ge=0)
    exclude_competitors: StrictBool | None = None
    exclude_companies: list[str] | None = Field(default=None, max_length=50)
    include_keywords: list[str] | None = Field(default=None, max_length=20)
    exclude_keywords: list[str] | None = Field(default=None, max_length=20)

    @model_validator(mode="after")
    def _in_order(self) -> DiscoveryFilters:
        years = self.founded_after, self.founded_before
        staff = self.min_employees, self.max_employees
        if None not in years and years[0] >= years[1] and not defects.on("ranges-unchecked"):  # type: ignore[operator]  # both given
            raise ValueError("founded_after is not before founded_before")
        if None not in staff and staff[0] > staff[1]:  # type: ignore[operator]  # both given
            raise ValueError("min_employees is above max_employees")
        return self


class DiscoveryRequest(BaseModel):
    """Body of ``POST /discover``."""

    company_name: CompanyName
    limit: Whole | None = Field(default=10, ge=1, le=100)
    similarity_threshold: StrictFloat | None = Field(default=0.6, ge=0, le=1)
    filters: DiscoveryFilters | None = None
    include_research: StrictBool | None = False
    source_preference: list[str] | None = Field(default=None, max_length=10)
    enable_ai_explanations: StrictBool | None = True
    webhook_url: str | None = None
    priority: JobPriority | None = JobPriority.NORMAL


class FilterInfo(BaseModel):
    """A filter that was applied."""

    field: str
    operator: str
    value: Any
    applied: bool


class DiscoveryResponse(BaseModel):
    """A discovery job."""

    job_id: str
    status: JobStatus
    query_company: str
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    progress: ProgressInfo | None = None
    results: list[SimilarityResult] | None = None
    total_found: int | None = None
    filters_applied: list[FilterInfo] | None = None
    error: str | None = None


class QuickDiscovery(BaseModel):
    """Answer of ``GET /discover/quick``."""

    query_company: str
    results: list[SimilarityResult]
    total_found: int
    similarity_threshold: float
    execution_type: str = "quick"


class Suggestions(BaseModel):
    """Answer of ``GET /discover/suggestions``."""

    query: str
    suggestions: list[str]
    count: int
