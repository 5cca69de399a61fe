"""The site of all keywords and guides: everything is found in it, by a browser without a network, in the dark and on a phone."""

import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
from robot.libdoc import LibraryDocumentation

from theodore_qa import keyword_site

ROOT = Path(__file__).resolve().parents[2]
RESOURCES = {f"theodore/{path.name}": str(path) for path in (ROOT / "resources/theodore").glob("*.resource")}
SOURCES = {name: name for name in keyword_site.LIBRARIES} | RESOURCES


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return keyword_site.write(tmp_path_factory.mktemp("site")).parent


def public_keywords():
    return [
        (name, keyword.name)
        for name, source in SOURCES.items()
        for keyword in LibraryDocumentation(source).keywords
        if not keyword.private
    ]


class Parts(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.links += [names["href"]] if "href" in names else []
        self.anchors |= {names.get("id")}


def test_each_keyword_of_each_library_and_resource_is_linked(site):
    libraries = {path.name for path in (ROOT / "libraries").glob("*Library")}
    assert set(keyword_site.LIBRARIES) == libraries
    links = set(map(unquote, Parts((site / "index.html").read_text()).links))
    missing = [name for library, name in public_keywords() if f"{Path(library).name}.html#{name}" not in links]
    assert missing == []
    assert len(public_keywords()) > 160


def test_no_link_leads_nowhere(site):
    pages = [site / "index.html", *(site / "guides").rglob("*.html")]
    broken = []
    for page in pages:
        for link in Parts(page.read_text()).links:
            if link.startswith("http"):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            libdoc = target.parent == site and target.name != "index.html"  # its anchors are made by its script
            if not target.is_file() or (anchor and not libdoc and anchor not in Parts(target.read_text()).anchors):
                broken.append(f"{page.name}: {link}")
    assert broken == []


def test_the_script_and_markup_of_a_text_stay_text():
    hostile = "<img src=x onerror=alert(1)>"
    keyword = SimpleNamespace(name=f'A "{hostile}', short_doc=f"Says {hostile}. More.", tags=[hostile], private=False)
    index = keyword_site.index_page({"SomeLibrary": SimpleNamespace(keywords=[keyword])}, {"a.html": hostile})
    guide = keyword_site.guide(f"# Title {hostile}\n\nText {hostile}\n\n{hostile}\n\n| a |\n|---|\n| {hostile} |\n", index="i")
    assert "<img" not in index + guide
    assert index.count("&lt;img src=x") == 4
    assert guide.count("&lt;img src=x") == 5


def test_no_page_has_a_path_of_this_machine(site):
    assert [path.name for path in site.rglob("*.html") if str(ROOT) in path.read_text()] == []


def test_private_keywords_are_not_listed(site):
    assert "Company Should Have Been Researched" not in (site / "index.html").read_text()


@pytest.fixture
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.needs("chromium")
def test_each_keyword_is_found_by_its_name_and_its_page_shows_it(site, browser):
    page = browser.new_context(offline=True).new_page()
    requests, errors = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"file://{site}/index.html")
    search = page.get_by_label("Search keywords by name, text, tag or library")
    missing = []
    for library, name in public_keywords():
        search.fill(name.upper())
        links = page.evaluate("[...document.querySelectorAll('#keywords > li:not([hidden]) a')].map(link => link.href)")
        missing += (
            [name] if f"{Path(library).name}.html#{name}" not in {unquote(link.rpartition("/")[2]) for link in links} else []
        )
    assert missing == []
    search.fill("chaoslibrary fault_network latency")
    assert re.match(r"[1-9] of \d+ keywords", page.get_by_role("status").inner_text())
    search.fill("no such keyword")
    assert page.get_by_role("status").inner_text().startswith("0 of ")
    search.press("Enter")
    assert page.url.endswith("index.html")
    for library, name in dict(public_keywords()).items():
        page.goto(f"file://{site}/index.html")
        search.focus()
        page.keyboard.type(f"{name} {library}")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/{Path(library).name}.html#*")
        page.get_by_role("heading", name=name, exact=True).first.wait_for()
        assert "``" not in page.inner_text("body"), "a page shows the marks of Markdown"
    assert errors == []
    assert [url for url in requests if not url.startswith(("file://", "data:"))] == []


CONTRASTS = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  probe.style.backgroundColor = "Canvas";
  const back = light(getComputedStyle(probe).backgroundColor);
  const contrast = element => {
    const levels = [light(getComputedStyle(element).color), back].sort((a, b) => b - a);
    return (levels[0] + 0.05) / (levels[1] + 0.05);
  };
  return {dark: back < 0.2, least: Math.min(...["body", "a", "small"].flatMap(name => [...document.querySelectorAll(name)]).map(contrast))};
}"""


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone_and_are_legible_in_both_colour_schemes(site, browser, scheme):
    page = browser.new_context(offline=True, color_scheme=scheme, viewport={"width": 360, "height": 700}).new_page()
    for file in ["index.html", *(f"guides/{path.name}" for path in (site / "guides").glob("*.html"))]:
        page.goto(f"file://{site}/{file}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, file
        seen = page.evaluate(CONTRASTS)
        assert seen["dark"] == (scheme == "dark"), file
        assert seen["least"] >= 4.5, file
