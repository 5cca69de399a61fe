"""The contract's bodies for research, and the enumerations that all share."""

from __future__ import annotations

import subprocess
from datetime import datetime  # noqa: TC003  # pydantic resolves annotations at run time
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, field_validator, StrictBool

from theodore_sandbox import defects
from theodore_sandbox.common.free_objects import FreeObject  # noqa: TC001  # pydantic resolves annotations at run time

MOST_TAGS, LEAST_TIMEOUT = 10, 30


def _whole(value: Any) -> Any:
    """JSON knows no integers: 30.0 is one, but true and "30" are none."""
    if isinstance(value, bool | str):
        raise ValueError("Not a whole number")  # noqa: TRY004  # pydantic takes this one
    return value


def _not_blank(name: str) -> str:
    if not name.strip().strip("\ufeff").strip():  # white space in JSON Schema, which Python does not strip
        raise ValueError("The company name is blank")
    return name.strip()


Whole = Annotated[int, BeforeValidator(_whole)]
CompanyName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_not_blank)]


class JobStatus(StrEnum):
    """The states of a job."""

    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PAUSED = "paused"

    @property
    def final(self) -> bool:
        """Whether a job in this state does nothing any more."""
        return self in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


class JobPriority(StrEnum):
    """How urgent a job is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class IndustryCategory(StrEnum):
    """The table of industries."""

    TECHNOLOGY = "technology"
    FINANCE = "finance"
    HEALTHCARE = "healthcare"
    EDUCATION = "education"
    RETAIL = "retail"
    MANUFACTURING = "manufacturing"
    SERVICES = "services"
    MEDIA = "media"
    REAL_ESTATE = "real_estate"
    ENERGY = "energy"
    TRANSPORTATION = "transportation"
    AGRICULTURE = "agriculture"
    GOVERNMENT = "government"
    NON_PROFIT = "non_profit"
    OTHER = "other"
    UNKNOWN = "unknown"


class BusinessModel(StrEnum):
    """The table of business models."""

    B2B = "b2b"
    B2C = "b2c"
    B2B2C = "b2b2c"
    MARKETPLACE = "marketplace"
    SAAS = "saas"
    ECOMMERCE = "ecommerce"
    SUBSCRIPTION = "subscription"
    FREEMIUM = "freemium"
    ADVERTISING = "advertising"
    UNKNOWN = "unknown"


class CompanySize(StrEnum):
    """The table of sizes."""

    STARTUP = "startup"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    ENTERPRISE = "enterprise"
    UNKNOWN = "unknown"


class TechSophistication(StrEnum):
    """How advanced a company's technology is."""

    BASIC = "basic"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"
    CUTTING_EDGE = "cutting_edge"
    UNKNOWN = "unknown"


class ResearchRequest(BaseModel):
    """Body of ``POST /research``."""

    company_name: CompanyName
    website: str | None = Field(default=None, max_length=2000)
    config_overrides: FreeObject | None = None
    priority: JobPriority | None = JobPriority.NORMAL
    webhook_url: str | None = Field(default=None, max_length=2000)
    tags: list[str] | None = None
    timeout_seconds: Whole | None = Field(default=None, le=3600)
    deep_analysis: StrictBool | None = False
    include_similarity_analysis: StrictBool | None = False
    include_competitive_analysis: StrictBool | None = False

    @field_validator("website")
    @classmethod
    def _with_scheme(cls, website: str | None) -> str | None:
        if website and defects.on("website-looked-up-by-shell"):
            host = website.partition("://")[2] or website
            subprocess.run(f"getent hosts {host} >/dev/null", shell=True, check=False, timeout=10)  # noqa: S602  # the defect
        return f"https://{website}" if website and "://" not in website else website

    @field_validator("tags")
    @classmethod
    def _few_without_duplicates(cls, tags: list[str] | None) -> list[str] | None:
        if tags and len(tags) > MOST_TAGS and not defects.on("too-many-tags"):
            raise ValueError(f"There are more than {MOST_TAGS} tags")
        return list(dict.fromkeys(tags)) if tags else tags

    @field_validator("timeout_seconds")
    @classmethod
    def _long_enough(cls, timeout: Whole | None) -> int | None:
        if timeout is not None and timeout < LEAST_TIMEOUT and not defects.on("timeout-unchecked"):
            raise ValueError(f"The timeout is below {LEAST_TIMEOUT} s")
        return timeout


class ProgressInfo(BaseModel):
    """How far a job is."""

    current_step: str
    step_number: int = Field(ge=0)
    total_steps: int = Field(ge=1)
    percentage: float = Field(ge=0, le=100)
    message: str | None = None
    details: dict[str, Any] | None = None
    started_at: datetime
    updated_at: datetime
    estimated_completion: datetime | None = None


class CompanyIntelligence(BaseModel):
    """What a research found out; only the name is certain to be there."""

    name: str
    domain: str | None = None
    website: str | None = None
    description: str | None = None
    business_model: str | None = None
    company_size: str | None = None
    industry: str | None = None
    tech_sophistication: str | None = None
    headquarters: str | None = None
    locations: list[str] | None = None
    founded_year: int | None = None
    employee_count: int | None = None
    revenue_range: str | None = None
    products: list[str] | None = None
    target_market: str | None = None
    value_proposition: str | None = None
    technologies: list[str] | None = None
    competitive_advantages: list[str] | None = None
    competitors: list[str] | None = None
    market_position: str | None = None
    contact_email: str | None = None
    phone: str | None = None
    social_media: dict[str, str] | None = None
    key_personnel: list[dict[str, str]] | None = None
    funding_stage: str | None = None
    total_funding: str | None = None
    investors: list[str] | None = None
    ai_summary: str | None = None
    confidence_score: float | None = Field(default=None, ge=0, le=1)
    data_sources: list[str] | None = None
    last_updated: datetime | None = None
    research_depth: str | None = None


class SimilarityResult(BaseModel):
    """A company that is similar, and why."""

    company: CompanyIntelligence
    similarity_score: float = Field(ge=0, le=1)
    similarity_explanation: str | None = None
    similarity_factors: dict[str, float] | None = None
    match_reasons: list[str] | None = None


class Competitor(BaseModel):
    """A competitor that the pages name; one that the tenant has researched with its domain and its similarity."""

    name: str
    domain: str | None = None
    similarity_score: float | None = Field(default=None, ge=0, le=1)


class CompetitiveAnalysis(BaseModel):
    """A company beside its competitors."""

    competitors: list[Competitor]
    competitive_advantages: list[str]
    market_position: str | None = None


class ResearchResponse(BaseModel):
    """A research job."""

    job_id: str
    status: JobStatus
    company_name: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    estimated_completion: datetime | None = None
    progress: ProgressInfo | None = None
    result: CompanyIntelligence | None = None
    similarity_analysis: list[SimilarityResult] | None = None
    competitive_analysis: CompetitiveAnalysis | None = None
    error: str | None = None
    retry_count: int | None = 0
