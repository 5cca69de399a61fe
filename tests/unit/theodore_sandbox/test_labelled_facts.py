"""The double of an AI model reads what pages state, in each language and layout, and nothing else."""

import pytest

from theodore_qa.canary import site
from theodore_qa.canary.facts import FIELDS, JUDGED
from theodore_sandbox.dependencies import labels, reader
from theodore_sandbox.theodore.pipeline import scraper


def as_read(value):
    if isinstance(value, list):
        return sorted(str(item["name"] if isinstance(item, dict) else item) for item in value)
    return value or None


@pytest.mark.parametrize("language", ["en", "de", "fr", "ja"])
def test_each_fact_of_a_site_is_read(language):
    for seed in range(80):
        made, prompt = site.make(seed, language=language), ""
        for path, page in made.pages().items():
            text = scraper._Text()
            text.feed(page)
            prompt += f"### PAGE http://127.0.0.1{path} lang={text.language}\n{text.title}\n" + "\n".join(text.blocks) + "\n\n"
        facts = reader.read(reader.pages_of(prompt))
        compared = [name for name in FIELDS if name in made.facts or name not in JUDGED]
        assert {name: as_read(facts.get(name)) or None for name in compared} == {
            name: as_read(made.facts.get(name)) or None for name in compared
        }, seed
        assert facts["name"] == made.name


def test_a_label_is_followed_by_its_value():
    text = "Industry\nTechnology\nHeadquarters\nOslo\nEmployees: 4,711\nFounder\nIda Moe"
    assert labels.read(text) == {
        "industry": "technology",
        "headquarters": "Oslo",
        "employee_count": 4711,
        "key_personnel": [{"name": "Ida Moe", "role": "founder"}],
    }


@pytest.mark.parametrize(
    ("website", "origin"),
    [
        ("https://www.slack.com/intl", "https://slack.com"),
        ("http://slack.com", "https://slack.com"),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080"),
    ],
)
def test_a_website_is_read_at_its_origin(website, origin):
    assert scraper.origin(website) == origin


@pytest.mark.parametrize(("host", "inner"), [("127.0.0.1", True), ("10.0.0.7", True), ("localhost", True), ("slack.com", False)])
def test_addresses_of_the_inner_network_are_known(host, inner):
    assert scraper._is_inner(host) is inner


@pytest.mark.parametrize(
    ("text", "addresses"), [("<urlset><url><loc> https://a.example/b </loc></url></urlset>", ["https://a.example/b"]), ("ok", [])]
)
def test_a_sitemap_that_is_none_lists_nothing(text, addresses):
    assert scraper._locations(text) == addresses
