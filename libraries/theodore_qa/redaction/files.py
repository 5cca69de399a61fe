"""Files that Robot wrote, rewritten without secrets and without foreign markup before anything is made of them."""

from __future__ import annotations

import json
import os
from typing import Any, TYPE_CHECKING
from xml.sax import make_parser
from xml.sax.handler import feature_external_ges, feature_namespaces
from xml.sax.saxutils import XMLFilterBase, XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from theodore_qa.redaction import markup
from theodore_qa.redaction.secrets import secrets, WITHHELD

if TYPE_CHECKING:
    from pathlib import Path


def rewrite_xml(path: Path) -> None:
    """Rewrite an output or xunit file in place; an unreadable one is redacted as text."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as target:
            parser = make_parser()  # noqa: S317  # a file that Robot has just written
            parser.setFeature(feature_external_ges, False)
            parser.setFeature(feature_namespaces, False)
            clean = _Clean(parser)
            clean.setContentHandler(XMLGenerator(target, "UTF-8", short_empty_elements=True))
            clean.parse(str(path))
        part.replace(path)
    except Exception:
        part.unlink(missing_ok=True)
        rewrite_text(path)
        raise


def rewrite_text(path: Path) -> None:
    """Redact a text file in place."""
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    clean = secrets.redact(text)
    if clean != text:
        path.write_text(clean, encoding="utf-8", errors="surrogateescape")


def rewrite_json(path: Path) -> None:
    """Redact the strings of a JSON result in place."""
    path.write_text(json.dumps(_clean(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")


def withhold(path: Path) -> None:
    """Empty a file that could not be cleaned."""
    path.write_text(WITHHELD, encoding="utf-8")
    os.sync()


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return markup.disarmed(secrets.redact(markup.unsigned(value)))
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    return value


class _Clean(XMLFilterBase):
    """Joins the pieces of a text, redacts it, and takes ``html`` from messages that are not ours."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self._text: list[str] = []
        self._open: tuple[str, dict[str, str]] | None = None

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802  # SAX names it so
        self._flush()
        values = {key: secrets.redact(value) for key, value in attrs.items()}
        if name == "msg" and values.get("html"):
            self._open = name, values
        else:
            super().startElement(name, AttributesImpl(values))

    def endElement(self, name: str) -> None:  # noqa: N802  # SAX names it so
        self._flush()
        super().endElement(name)

    def characters(self, content: str) -> None:
        self._text.append(content)

    def ignorableWhitespace(self, content: str) -> None:  # noqa: N802  # SAX names it so
        self._text.append(content)

    def _flush(self) -> None:
        text = "".join(self._text)
        self._text.clear()
        if self._open:
            name, values = self._open
            self._open = None
            if not markup.is_own(text):
                values = {key: value for key, value in values.items() if key != "html"}
            super().startElement(name, AttributesImpl(values))
        if text:
            super().characters(markup.disarmed(secrets.redact(markup.unsigned(text))))
