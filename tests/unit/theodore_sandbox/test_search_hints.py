"""Hints tell companies of one name apart, and lead away from no company that has the whole name."""

import itertools
from types import SimpleNamespace

import pytest

from theodore_sandbox.dependencies import search
from theodore_sandbox.dependencies.sites import load_sites

SITES = load_sites()
PAGES = [(site, page) for site in SITES.values() if site.listed for page in site.pages.values()]


def first(name, **hints):
    fitting = search._fitting(SimpleNamespace(query_params=hints))
    hits = search._web(PAGES, name, fitting)
    return hits[0]["url"].split("/")[2] if hits else None


@pytest.mark.parametrize(
    ("name", "hints", "host"),
    [
        ("Bread", {}, "cornercrust.example"),
        ("Bread", {"location": "halifax"}, "harbourbread.example"),
        ("Bread", {"location": "Ludlow, Shropshire"}, "oldmillbakery.example"),
        ("Bread", {"location": "Lisbon"}, "cornercrust.example"),
        ("Commerce", {"industry": "retail"}, "etsy.com"),
        ("Commerce", {"industry": "Technology", "location": "Ottawa"}, "shopify.com"),
        ("Commerce", {"industry": "", "location": "!?"}, "bigcommerce.com"),
        ("Nobody Of This Name", {"industry": "retail"}, None),
    ],
)
def test_of_companies_of_one_name_the_one_that_fits(name, hints, host):
    assert first(name, **hints) == host


def test_a_whole_name_is_found_whatever_the_hints():
    listed = [site for site in SITES.values() if site.listed and site.kind == "company"]
    for site, hints in itertools.product(
        listed, ({"industry": "technology", "location": "San Francisco"}, {"industry": "retail"})
    ):
        assert first(site.name, **hints) == first(site.name), (site.name, hints)
