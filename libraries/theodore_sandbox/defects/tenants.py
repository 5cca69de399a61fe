"""The defects that let one tenant see what belongs to another."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

TENANTS = (
    Defect(
        "tenant-leak-listing",
        "The recent errors of the status are those of all tenants.",
        "tenants.listing",
        "tenant_isolation",
        ("tenants",),
    ),
    Defect(
        "tenant-leak-id",
        "A research job is found by its identifier, whichever tenant owns it.",
        "tenants.by_id",
        "tenant_isolation",
        ("tenants",),
    ),
    Defect(
        "tenant-leak-error",
        "The error for another tenant's job names the company that is researched.",
        "tenants.error_text",
        "tenant_isolation",
        ("tenants",),
    ),
    Defect(
        "tenant-leak-search",
        "Discovery searches the vectors of all tenants.",
        "tenants.search",
        "tenant_isolation",
        ("tenants",),
    ),
    Defect(
        "tenant-leak-suggestions",
        "Suggestions name companies that other tenants have researched.",
        "tenants.suggestions",
        "tenant_isolation",
        ("tenants",),
    ),
)
