"""Reasons of a match that name a field have the company's own value of it."""

import pytest

from TheodoreLibrary.discovery_checks import _misplaced

COMPANY = {"name": "Zoom", "industry": "technology", "business_model": "saas", "company_size": None}


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("business model: both saas", ""),
        ("Business model: both are SaaS companies", ""),
        ("business model: both technology", "the company's business_model is saas"),
        ("Zoom resembles Slack (80%): industry: both technology; business model: both saas", ""),
        ("Zoom resembles Slack (80%): industry: both saas; business model: both saas", "the company's industry is technology"),
        ("company size: both large", ""),
        ("both sell software", ""),
    ],
)
def test_a_reason_is_about_the_field_that_it_names(claim, reason):
    assert _misplaced(claim, COMPANY) == reason
