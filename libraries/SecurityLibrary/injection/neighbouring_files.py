"""Configuration files that usually lie beside a folder of documents, and how their contents are told from other texts."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from SecurityLibrary.objects.identifiers import scalars

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_qa.systems.exchange import Exchange

SETTINGS = re.compile(r"\s*(?:\[[\w .:\"'-]+\]|[#;].*|[\w.-]+\s*[=:]\s*.*)?")
ASSIGNED = re.compile(r"(?m)^\s*[\w.-]+\s*=\s*\S")
VARIABLES = re.compile(r"\s*(?:#.*|(?:export )?[A-Za-z_]\w*=.*)?")
PROJECT = re.compile(r"(?m)^\[(?:project|build-system|tool\.[\w.-]+)\]")
PACKAGE = {"name", "version", "dependencies", "devDependencies", "scripts", "main"}
NAMES = ("settings.ini", "config.ini", ".env", "application.properties", "pyproject.toml", "package.json", "config.json")


def content(answer: Exchange, name: str) -> str:
    """The text of an answer, or in it, that has the form of a file of this name; empty if none has."""
    return next((text for text in _texts(answer) if _has_form(text, name)), "")


def _texts(answer: Exchange) -> Iterator[str]:
    yield answer.text
    yield from (text for text in scalars(answer.body) if isinstance(text, str))


def _has_form(text: str, name: str) -> bool:
    if name.endswith(".json"):
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            return False
        return isinstance(body, dict) and bool(body if name == "config.json" else PACKAGE & body.keys())
    if name.endswith(".toml"):
        return bool(PROJECT.search(text) and ASSIGNED.search(text))
    line = VARIABLES if name == ".env" else SETTINGS
    return bool(ASSIGNED.search(text)) and all(line.fullmatch(each) for each in text.splitlines())
