"""The sites of canaries: the same for the same seed, each fact on its page, and nothing of what they are silent about."""

import itertools
import json

import pytest

from theodore_qa.canary import files, site
from theodore_qa.canary.facts import FIELDS
from theodore_qa.canary.words import LANGUAGES
from theodore_qa.errors import UsageError

SEEDS = range(60)


def phrases(name, value, language):
    """What has to stand on the page of a fact."""
    if name == "key_personnel":
        return [person["name"] for person in value]
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return list(value.values())
    if name == "employee_count":
        return [site.languages.grouped(value, language)]
    if name == "business_model":
        return [site.languages.SENTENCES[language][value]]
    return [str(value)]


def test_a_seed_makes_one_site():
    assert site.make(7).pages() == site.make(7).pages()
    assert site.make(7).name != site.make(8).name


def test_all_languages_and_layouts_occur():
    made = [site.make(seed) for seed in SEEDS]
    assert {each.language for each in made} == set(LANGUAGES)
    text = "".join(page for each in made for page in each.pages().values())
    assert all(tag in text for tag in ("<dl>", "<table>", "<ul>", "<p>"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_fact_stands_on_its_page(language):
    for seed in SEEDS:
        made = site.make(seed, language=language)
        texts = made.texts()
        for name, value in made.facts.items():
            page = " ".join(site.languages.grouped(value, language).split()) if name == "employee_count" else ""
            wanting = [page] if page else phrases(name, value, language)
            text = texts[made.page_of(name)].casefold()
            assert [phrase for phrase in wanting if phrase.casefold() not in text] == [], (seed, name)


def test_a_fact_can_be_given():
    made = site.make(7, language="en")
    before = made.facts["employee_count"]
    assert made.change("employee_count", 0) == ("employee_count", 0)
    assert made.former == {"employee_count": [before]}
    assert " 0 " in f" {made.texts()[made.page_of('employee_count')]} "
    for name, value in ((None, 5), ("employee_count", "5"), ("employee_count", True)):
        with pytest.raises(UsageError, match="name its field, and give a value of its kind"):
            made.change(name, value)


def test_what_is_to_be_silent_is_not_there():
    for seed in SEEDS:
        made = site.make(seed, language="en", silent=("employee_count", "products"))
        assert not {"employee_count", "products"} & made.facts.keys()
        assert set(made.facts) < set(FIELDS)


def test_a_change_is_on_the_page_and_the_old_value_is_gone():
    made = site.make(7, language="en")
    before, paths = made.facts["headquarters"], list(made.pages())
    name, value = made.change("headquarters")
    page = made.texts()[made.page_of("headquarters")]
    assert (name, list(made.pages())) == ("headquarters", paths)
    assert value in page
    assert before not in page
    assert made.former == {"headquarters": [before]}


def test_a_field_with_few_values_can_be_changed_often():
    made = next(each for each in (site.make(seed, language="en") for seed in SEEDS) if "business_model" in each.facts)
    values = [made.facts["business_model"], *(made.change("business_model")[1] for _ in range(6))]
    assert all(before != after for before, after in itertools.pairwise(values))
    assert len(set(values[:3])) == 3


def test_changes_follow_the_seed():
    assert site.make(7).change() == site.make(7).change()


def test_a_name_may_be_given():
    first, second = site.make(1, name="Olm Yest"), site.make(2, name="Olm Yest")
    assert first.name == second.name == "Olm Yest"
    assert first.facts["employee_count"] != second.facts["employee_count"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"silent": ("fone",)}, "There is no field 'fone' in the sites of canaries: did you mean 'phone'?"),
        ({"language": "xx"}, "There is no canary in the language 'xx': there are en, de, fr, ja."),
    ],
)
def test_a_wrong_argument_is_named(arguments, message):
    with pytest.raises(UsageError) as caught:
        site.make(1, **arguments)
    assert str(caught.value) == message


def test_an_unstated_fact_cannot_be_changed():
    with pytest.raises(UsageError, match=r"There is no fact 'phone' in the site of Olm Yest"):
        site.make(1, name="Olm Yest", silent=("phone",)).change("phone")


def test_the_site_and_its_facts_are_written_apart(tmp_path):
    made = site.make(7)
    kept = files.write(made, tmp_path / "site", "https://example.com/")
    assert kept == tmp_path / "site-facts.json"
    assert (tmp_path / "site" / "index.html").read_text(encoding="utf-8") == made.pages()["/"]
    assert "https://example.com/</loc>" in (tmp_path / "site" / "sitemap.xml").read_text(encoding="utf-8")
    again = site.from_facts(json.loads(kept.read_text(encoding="utf-8")))
    assert (again.facts, again.pages()) == (made.facts, made.pages())


def test_a_foreign_facts_file_is_refused():
    with pytest.raises(UsageError, match="The facts file is not what 'theodore canary build' writes"):
        site.from_facts({"seed": "x"})
