"""readiness.html: one page without network, verdict first, then what it rests on, down to each test."""

from __future__ import annotations

from html import escape
from typing import Any

from theodore_qa.report.page import all_tests, changes, decision, scope
from theodore_qa.report.page.markup import HATCH, Links, listing, section, text
from theodore_qa.report.page.style import policy, SCRIPT, STYLE

JUMPS = (
    ("gates", "Gates"),
    ("recommendations", "Recommendations"),
    ("causes", "Causes"),
    ("since", "Changes"),
    ("waivers", "Waivers"),
    ("areas", "Areas"),
    ("controls", "Controls"),
    ("scenarios", "Scenarios"),
    ("experiments", "Experiments"),
    ("findings", "Findings"),
    ("trend", "Trend"),
    ("foundation", "Digests and seeds"),
    ("tests", "Tests"),
)
FILES = (
    ("log.html", "the log of every test"),
    ("readiness.json", "this page as data"),
    ("gates.json", "the gates alone"),
    ("junit.xml", "the tests for CI"),
    ("summary.md", "a summary for a pull request"),
    ("summary.csv", "the tests as a table"),
)


def page(data: dict[str, Any]) -> str:
    """The page for the data of readiness.json; every text is escaped."""
    links = Links(data)
    body = "".join(
        (
            _listed("problems", "Incomplete because", data["problems"]),
            _listed("failures", "Failed outside tests", data["failures"]),
            decision.score(data),
            decision.gates(data, links),
            decision.margins(data, links),
            decision.recommendations(data, links),
            changes.causes(data, links),
            changes.since(data, links),
            decision.waivers(data),
            _listed("deviations", "Differences from the shipped gates", data["deviations"]),
            scope.areas(data),
            scope.controls(data, links),
            scope.scenarios(data, links),
            scope.experiments(data),
            scope.findings(data),
            scope.slowest(links),
            scope.flakiest(data),
            changes.trend(data),
            scope.foundation(data),
            all_tests.tests(links),
        )
    )
    jumps = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in JUMPS if f'<section id="{name}"' in body)
    notice = f'<p class="notice">{text(data["notice"])}</p>' if data["notice"] else ""
    files = listing(f'<a href="{name}">{name}</a>: {about}' for name, about in FILES)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy(), quote=True)}">'
        f"<title>Readiness of run {text(data['run'])}</title><style>{STYLE}</style></head><body>"
        f'<a class="skip" href="#content">To the content</a>{HATCH}<header>{decision.banner(data)}{decision.tiles(data)}'
        f'<nav aria-label="Parts of this page"><ul>{jumps}</ul></nav></header><main id="content">{body}</main>'
        f"<footer><h2>Files beside this page</h2>{files}{notice}</footer><script>{SCRIPT}</script></body></html>\n"
    )


def _listed(name: str, title: str, sentences: list[str]) -> str:
    return section(name, title, listing(text(sentence, 1000) for sentence in sentences))
