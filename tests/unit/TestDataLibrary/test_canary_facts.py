"""What a record says is compared with what the site of a canary says."""

import pytest

from TestDataLibrary import canary_facts
from TestDataLibrary.canaries import Canary
from theodore_qa.canary import site
from theodore_sandbox.dependencies import reader
from theodore_sandbox.theodore.pipeline import research, scraper

PEOPLE = [{"name": "Olm Yest", "role": "chief executive"}, {"name": "Guv Zam", "role": "founder"}]
FACTS = {
    "headquarters": "Tesveymek",
    "employee_count": 4711,
    "products": ["Vormek", "Zamnar"],
    "key_personnel": PEOPLE,
    "contact_email": "olm@yest.example",
    "phone": "+49 30 555 1234",
    "total_funding": "$100 million",
    "social_media": {"linkedin": "https://www.linkedin.com/company/olm"},
    "industry": "energy",
}


def canary(name="Fenkskavix Brevnozel", facts=None, address="http://127.0.0.1:8"):
    paths = {"about": "/about", "people": "/people", "contact": "/contact", "products": "/products"}
    return Canary(site.Site(1, "en", name, dict(facts or FACTS), paths=paths), address)


def differences(change=None, *, of=None, others=()):
    made = of or canary()
    record = dict.fromkeys(canary_facts.FIELDS) | FACTS | {"name": made.name} | (change or {})
    return [(each.check, each.expected, each.observed) for each in canary_facts.differences(record, made, others)]


def test_a_right_record_has_none():
    assert differences() == []


@pytest.mark.parametrize(
    "change",
    [
        {"phone": "+49-30-5551234"},
        {"total_funding": "$100.0 Million USD"},
        {"headquarters": "tesveymek."},
        {"employee_count": 4711.0},
        {"products": ["Zamnar", "vormek"]},
        {"products": [{"name": "Vormek"}, {"name": "Zamnar"}]},
        {"social_media": {"LinkedIn": "linkedin.com/company/olm/"}},
        {"key_personnel": [{"name": "Guv Zam", "role": "Co-founder"}, {"name": "Olm Yest", "role": "CEO"}]},
        {"company_size": "large", "tech_sophistication": "basic", "business_model": "b2b"},
        {"description": "Fenkskavix Brevnozel makes Vormek and is found in Tesveymek, with 4,711 people."},
    ],
)
def test_another_writing_is_no_difference(change):
    assert differences(change) == []


@pytest.mark.parametrize(
    ("change", "check", "expected", "observed"),
    [
        ({"employee_count": 812}, "canary.fact", "employee_count 4711, as http://127.0.0.1:8/about says", "812"),
        ({"employee_count": None}, "canary.fact", "employee_count 4711, as http://127.0.0.1:8/about says", "no employee_count"),
        (
            {"total_funding": "$10 million"},
            "canary.fact",
            "total_funding $100 million, as http://127.0.0.1:8/about says",
            "$10 million",
        ),
        (
            {"headquarters": "Tesveymek, Atlantis"},
            "canary.fact",
            "headquarters Tesveymek, as http://127.0.0.1:8/about says",
            "Tesveymek, Atlantis",
        ),
        ({"products": ["Vormek"]}, "canary.fact", "products Vormek, Zamnar, as http://127.0.0.1:8/products says", "Vormek"),
        (
            {"products": ["Vormek", "Zamnar", "Time Machine"]},
            "canary.fact",
            "products Vormek, Zamnar, as http://127.0.0.1:8/products says",
            "Vormek, Zamnar, Time Machine",
        ),
        (
            {"key_personnel": [{"name": "Olm Yest", "role": "founder"}, {"name": "Guv Zam", "role": "CEO"}]},
            "canary.fact",
            "key_personnel Olm Yest (chief executive), Guv Zam (founder), as http://127.0.0.1:8/people says",
            "Olm Yest (founder), Guv Zam (CEO)",
        ),
        ({"industry": "finance"}, "canary.fact", "industry energy, as http://127.0.0.1:8/about says", "finance"),
        ({"name": "Slack"}, "canary.fact", "name Fenkskavix Brevnozel, as http://127.0.0.1:8/ says", "Slack"),
        (
            {"headquarters": "not Tesveymek"},
            "canary.fact",
            "headquarters Tesveymek, as http://127.0.0.1:8/about says",
            "not Tesveymek",
        ),
        (
            {"products": ["Vormek", "Vormek", "Zamnar"]},
            "canary.fact",
            "products Vormek, Zamnar, as http://127.0.0.1:8/products says",
            "Vormek, Vormek, Zamnar",
        ),
        ({"founded_year": 1999}, "canary.invented", "no founded_year, which no page of http://127.0.0.1:8 states", "1999"),
        (
            {"description": "Fenkskavix Brevnozel has 99 people."},
            "canary.invented",
            "description of what the pages of http://127.0.0.1:8 say",
            "'Fenkskavix Brevnozel has 99 people.' with the number 99",
        ),
        (
            {"description": "Fenkskavix Brevnozel makes Vormek. It was honoured by seven astonished astronauts."},
            "canary.invented",
            "description of what the pages of http://127.0.0.1:8 say",
            "'It was honoured by seven astonished astronauts.'",
        ),
    ],
)
def test_a_difference_names_field_values_and_page(change, check, expected, observed):
    assert differences(change) == [(check, expected, observed)]


def test_a_field_that_is_not_there_is_named_and_never_a_pass():
    made = canary()
    record = {"name": made.name} | {name: value for name, value in FACTS.items() if name != "phone"}
    (found,) = canary_facts.differences(record, made)
    assert (found.missing, found.observed) == (True, "the record has no field phone")


def test_a_former_fact_is_stale():
    changed = canary()
    changed.site.facts["employee_count"], changed.site.former["employee_count"] = 5000, [4711]
    expected = "employee_count 5000, as http://127.0.0.1:8/about says"
    assert differences(of=changed) == [("canary.stale", expected, "4711, as the page said before it was changed")]


def test_a_former_name_in_a_sentence_is_stale():
    changed = canary()
    changed.site.former["headquarters"] = ["Olmveytavo"]
    ((check, _, observed),) = differences({"description": "Fenkskavix Brevnozel sits in Olmveytavo."}, of=changed)
    assert (check, observed) == (
        "canary.stale",
        "'Fenkskavix Brevnozel sits in Olmveytavo.', as a page said before it was changed",
    )


def test_a_fact_of_another_canary_is_a_leak():
    other = canary("Quilbarund Yestrutavo", FACTS | {"headquarters": "Dronskabury"}, "http://127.0.0.1:9")
    found = differences({"headquarters": "Dronskabury", "description": "It is kept by Quilbarund Yestrutavo."}, others=[other])
    assert [(check, observed) for check, _, observed in found] == [
        ("canary.leak", "Dronskabury, as http://127.0.0.1:9/about says of another company"),
        ("canary.leak", "'It is kept by Quilbarund Yestrutavo.', as http://127.0.0.1:9 says of another company"),
    ]


def test_a_field_beyond_the_contract_brings_nothing_from_elsewhere():
    other = canary("Quilbarund Yestrutavo", FACTS | {"headquarters": "Dronskabury"}, "http://127.0.0.1:9")
    changed = canary()
    changed.site.former["headquarters"] = ["Olmveytavo"]
    change = {"languages": ["en"], "news": ["Dronskabury grows"], "history": {"once": "in Olmveytavo"}}
    assert [(check, observed) for check, _, observed in differences(change, of=changed, others=[other])] == [
        ("canary.stale", "once: in Olmveytavo, as a page said before it was changed"),
        ("canary.leak", "Dronskabury grows, as http://127.0.0.1:9 says of another company"),
    ]


def test_what_is_held_is_listed():
    assert canary_facts.held(FACTS | {"phone": "0"}, canary()) == [name for name in FACTS if name != "phone"]


@pytest.mark.parametrize("language", ["en", "de", "fr", "ja"])
def test_what_an_honest_reader_makes_of_a_site_is_no_difference(language):
    others = [Canary(site.make(1000 + number), f"http://127.0.0.1:{number}") for number in range(5)]
    for seed in range(40):
        made, pages = site.make(seed, language=language), []
        for _ in range(seed % 3):
            made.change()
        for path, page in made.pages().items():
            text = scraper._Text()
            text.feed(page)
            pages.append(scraper.Page(f"http://127.0.0.1{path}", text.language, text.title, "\n".join(text.blocks)))
        prompt = "\n\n".join(f"### PAGE {page.url} lang={page.language}\n{page.title}\n{page.text}" for page in pages)
        record = research.record_of(reader.read(reader.pages_of(prompt)), "http://127.0.0.1", pages)
        assert canary_facts.differences(record, Canary(made, "http://127.0.0.1"), others) == [], seed
        assert canary_facts.held(record, Canary(made, "http://127.0.0.1")) == list(made.facts), seed
