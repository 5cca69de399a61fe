"""Invented facts and sentences are recognised by the pages that do not support them."""

import pytest

from TheodoreLibrary.grounding import Texts, ungrounded

PAGE = """<html lang="en"><script>var staff = 99;</script><h1>About Acme</h1><p>Founded in 1999, Acme sells <b>anvils</b> and
rocket skates to coyotes&nbsp;in the desert. 72,682 people work in Z&uuml;rich. Call +41 44 123 45 67.</p>
<a href="https://linkedin.com/company/acme">LinkedIn</a><p>トヨタ自動車株式会社</p></html>"""
TRUE = {
    "products": ["Anvils", "Rocket skates"],
    "founded_year": 1999,
    "employee_count": 72682,
    "headquarters": "Zürich",
    "phone": "+41 44 123 45 67",
    "social_media": {"linkedin": "https://linkedin.com/company/acme"},
    "key_personnel": [],
    "description": "Acme sells anvils to coyotes in the desert. It was founded in 1999.",
    "ai_summary": "The company is selling rocket skates. トヨタ自動車株式会社",
    "industry": "retail",
}


def test_a_page_supports_what_it_says():
    assert ungrounded(TRUE, Texts([PAGE])) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"products": ["Anvils", "Time Machine"]}, "products 'Time Machine'"),
        ({"founded_year": 1899}, "founded_year '1899'"),
        ({"employee_count": 99}, "employee_count '99'"),
        ({"key_personnel": [{"name": "Elvis Presley", "title": "Ghost"}]}, "key_personnel 'Elvis Presley'"),
        ({"contact_email": "elvis@graceland.example"}, "contact_email 'elvis@graceland.example'"),
        (
            {"description": "Acme is a front for an international ring of cheese smugglers."},
            "description 'Acme is a front for an international ring of cheese smugglers.' (the words ",
        ),
        (
            {"ai_summary": "Acme sells anvils. Acme was dissolved in 1812."},
            "ai_summary 'Acme was dissolved in 1812.' (the number 1812)",
        ),
    ],
)
def test_what_no_page_says_is_ungrounded(more, expected):
    found = ungrounded(TRUE | more, Texts([PAGE]))
    assert found
    assert found[0].startswith(expected)


def test_adjacent_numbers_are_not_joined():
    assert Texts(["in 2019 300 people", "84", "100"]).numbers == {2019.0, 300.0, 84.0, 100.0}
