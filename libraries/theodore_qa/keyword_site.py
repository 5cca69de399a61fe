"""``python -m theodore_qa.keyword_site FOLDER``: all keywords and guides as one static site that needs no server and no network.

The index searches the keywords of all Libraries and resource files; Libdoc writes the page of each, and the guides stand beside
them as pages. It is written from a checkout.
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from robot.libdoc import LibraryDocumentation

from theodore_qa import extras, paths

if TYPE_CHECKING:
    from robot.libdocpkg.model import KeywordDoc, LibraryDoc

LIBRARIES = (
    *("TheodoreLibrary", "ApiLibrary", "ChaosLibrary", "LoadLibrary"),
    *("PromptCraftLibrary", "SecurityLibrary", "QualityLibrary", "TestDataLibrary"),
)
COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
# Whatever a page would load from elsewhere, a browser refuses.
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root{{color-scheme:light dark;--line:#bbb;--soft:#595959;--back:#f2f2f2;--link:#0b57a4}}
@media (prefers-color-scheme:dark){{:root{{--line:#555;--soft:#b5b5b5;--back:#262626;--link:#8ab8ff}}}}
body{{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:0 auto;padding:1em;overflow-wrap:break-word}}
a{{color:var(--link)}}
:focus-visible{{outline:3px solid var(--link);outline-offset:2px}}
nav h2{{font-size:1em;margin:0}}
nav ul{{margin:0 0 .8em;display:flex;flex-wrap:wrap;gap:.2em 1.2em;list-style:none;padding:0}}
input{{font:inherit;box-sizing:border-box;width:100%;padding:.5em;border:1px solid var(--soft);border-radius:.3em}}
#keywords{{list-style:none;padding:0}}
#keywords li{{border-top:1px solid var(--line);padding:.5em 0}}
#keywords li[hidden]{{display:none}}
#keywords p{{margin:0}}
small{{color:var(--soft);font-size:.9em}}
code,pre{{font-family:ui-monospace,monospace;font-size:.92em;background:var(--back)}}
pre,.wide{{overflow-x:auto}}
pre{{padding:.6em}}
table{{border-collapse:collapse}}
th,td{{border:1px solid var(--line);padding:.25em .6em;text-align:left;vertical-align:top}}
</style>
</head>
<body>
{body}
</body>
</html>
"""
SEARCH = """\
<form role="search">
<label for="search">Search keywords by name, text, tag or library</label>
<input id="search" type="search" autocomplete="off" spellcheck="false" aria-describedby="hint">
<small id="hint">Enter opens the first that is found.</small>
</form>
<p id="count" role="status"></p>
"""
SCRIPT = """\
<script>
const box = document.getElementById("search");
const entries = [...document.querySelectorAll("#keywords > li")].map(item => [item, item.textContent.toLowerCase()]);
function search() {
  const words = box.value.toLowerCase().split(/[\\s_]+/).filter(Boolean);
  for (const [item, text] of entries) item.hidden = !words.every(word => text.includes(word));
  const found = entries.filter(([item]) => !item.hidden).length;
  document.getElementById("count").textContent = `${found} of ${entries.length} keywords`;
}
box.addEventListener("input", search);
window.addEventListener("pageshow", search);  // a browser fills the box again after Back
box.form.addEventListener("submit", event => {
  event.preventDefault();
  document.querySelector("#keywords > li:not([hidden]) a")?.click();
});
</script>
"""


def write(folder: Path) -> Path:
    """Write the site into a folder, and return its index."""
    folder.mkdir(parents=True, exist_ok=True)
    guides = paths.shipped("docs")
    documents = documented()
    for name, document in documents.items():
        _save(document, folder / _file(name))
    for source in sorted(guides.rglob("*.md")):
        page = folder / "guides" / source.relative_to(guides).with_suffix(".html")
        page.parent.mkdir(parents=True, exist_ok=True)
        up = "../" * (len(page.relative_to(folder).parts) - 1)
        page.write_text(guide(source.read_text(encoding="utf-8"), index=f"{up}index.html"), encoding="utf-8")
    index = folder / "index.html"
    titles = {f"guides/{path.stem}.html": _title(path.read_text(encoding="utf-8")) for path in sorted(guides.glob("*.md"))}
    index.write_text(index_page(documents, titles), encoding="utf-8")
    return index


def documented() -> dict[str, LibraryDoc]:
    """The Libraries and the shipped resource files with what Libdoc knows of them, by the name that a suite imports."""
    resources = paths.shipped("suites").parent / "resources"
    files = sorted((resources / "theodore").glob("*.resource"))
    names = {name: name for name in LIBRARIES} | {path.relative_to(resources).as_posix(): str(path) for path in files}
    return {name: LibraryDocumentation(source) for name, source in names.items()}


def index_page(documents: dict[str, LibraryDoc], guides: dict[str, str]) -> str:
    """The page with the search and all keywords; it is complete without its script."""
    keywords = [(keyword, name) for name, document in documents.items() for keyword in document.keywords if not keyword.private]
    entries = "".join(_entry(keyword, name) for keyword, name in sorted(keywords, key=lambda pair: str(pair[0].name).casefold()))
    libraries = {_file(name): name for name in documents}
    parts = [
        "<h1>Keywords</h1>\n",
        _links("Libraries and resource files", libraries),
        _links("Guides", guides),
        "<main>\n",
        SEARCH,
        f'<ul id="keywords" aria-label="Keywords">\n{entries}</ul>\n</main>\n',
        SCRIPT,
    ]
    return PAGE.format(title="Keywords", body="".join(parts))


def guide(text: str, *, index: str) -> str:
    """A guide as a page; what looks like HTML in it is text."""
    text = COMMENT.sub("", text)
    extras.demand("markdown", "the guides as pages")
    import markdown

    rendering = markdown.Markdown(extensions=["tables", "fenced_code", "toc"], extension_configs={"toc": {"slugify": anchor}})
    rendering.preprocessors.deregister("html_block")
    rendering.inlinePatterns.deregister("html")
    body = re.sub(r'(href="[^":]+)\.md([#"])', r"\1.html\2", rendering.convert(text))
    body = body.replace("<table>", '<div class="wide" tabindex="0" role="region" aria-label="Table">\n<table>')
    body = body.replace("</table>", "</table>\n</div>").replace("<pre>", '<pre tabindex="0">')
    home = f'<nav aria-label="Site"><a href="{index}">All keywords and guides</a></nav>'
    return PAGE.format(title=escape(_title(text)), body=f"{home}\n<main>\n{body}\n</main>")


def anchor(heading: str, separator: str = "-") -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", separator)


def _save(document: LibraryDoc, page: Path) -> None:
    """Write Libdoc's page, without the paths of this machine."""
    for part in (document, *document.inits, *document.keywords):
        part.source = None
    document.convert_docs_to_html()
    document.save(str(page), "HTML")


def _entry(keyword: KeywordDoc, library: str) -> str:
    link = f"{_file(library)}#{quote(keyword.name)}"
    tags = f" · {', '.join(keyword.tags)}" if keyword.tags else ""
    return (
        f'<li><a href="{escape(link)}">{escape(keyword.name)}</a> <small>{escape(library + tags)}</small>'
        f"<p>{_inline(_first_sentence(keyword.short_doc))}</p></li>\n"
    )


def _links(title: str, links: dict[str, str]) -> str:
    items = "".join(f'<li><a href="{escape(link)}">{escape(text)}</a></li>' for link, text in links.items())
    return f'<nav aria-label="{escape(title)}"><h2>{escape(title)}</h2><ul>{items}</ul></nav>\n'


def _file(name: str) -> str:
    """The page of a Library or a resource file."""
    return f"{Path(name).name}.html"


def _first_sentence(text: str) -> str:
    joined = " ".join(text.split())
    match = re.match(r".+?[.!?](?= |$)", joined)
    return match[0] if match else joined


def _inline(text: str) -> str:
    return re.sub(r"(`{1,2})(.+?)\1", r"<code>\2</code>", escape(text))


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")


if __name__ == "__main__":
    sys.stdout.write(f"{write(Path(sys.argv[1]))}\n")
