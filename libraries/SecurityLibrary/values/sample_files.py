"""Small valid files of the usual kinds, for forms that take files."""

from __future__ import annotations

import base64
import io
import re
import stat
import zipfile
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation


UNIX = 3  # where an entry of an archive was made, so that it may be a link


@dataclass(frozen=True)
class File:
    """A file in a form."""

    name: str
    content: bytes
    media: str

    def __str__(self) -> str:
        return self.content.decode("utf-8", "replace")


PICTURE = File(
    "qa.png",
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="),
    "image/png",
)
PHOTO = File(
    "qa.jpg",
    base64.b64decode(
        "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////"
        "wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AKp//2Q=="
    ),
    "image/jpeg",
)


def zipped(*names: str, text: str = "qa") -> bytes:
    """A ZIP archive with a file of each name."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, text)
    return kept.getvalue()


def zipped_link(name: str, leads_to: str) -> bytes:
    """A ZIP archive with a symbolic link of this name alone."""
    kept, entry = io.BytesIO(), zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = UNIX, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr(entry, leads_to)
    return kept.getvalue()


def _pdf() -> bytes:
    """A document of a single empty page, with its table of places."""
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>",
    )
    text, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(text))
        text += b"%d 0 obj%s endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 4\n0000000000 65535 f \n%strailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return text + end % (table, len(text))


KINDS: dict[str, Callable[[], File]] = {
    "txt": lambda: File("qa.txt", b"qa", "text/plain"),
    "csv": lambda: File("qa.csv", b"name,number\nqa,1\n", "text/csv"),
    "json": lambda: File("qa.json", b'{"name": "qa"}', "application/json"),
    "xml": lambda: File("qa.xml", b"<qa><name>qa</name></qa>", "application/xml"),
    "png": lambda: PICTURE,
    "jpg": lambda: PHOTO,
    "pdf": lambda: File("qa.pdf", _pdf(), "application/pdf"),
    "zip": lambda: File("qa.zip", zipped("qa.txt"), "application/zip"),
}
NAMED = {
    "zip": re.compile(r"(?i)zip|archive|bundle|package|backup"),
    "xml": re.compile(r"(?i)xml|(?:^|[/._-])(?:feed|gpx|kml|svg)"),
    "csv": re.compile(r"(?i)csv|table|spreadsheet"),
    "json": re.compile(r"(?i)json"),
    "pdf": re.compile(r"(?i)pdf|invoice|contract|certificate"),
    "png": re.compile(r"(?i)png|image|photo|avatar|picture|logo|icon"),
    "jpg": re.compile(r"(?i)jpe?g"),
}
MARKUP = re.compile(r"\s*<(?!html|!doctype html)(?:\?xml|!DOCTYPE|[A-Za-z])[^<>]*>", re.IGNORECASE)


def meant(parameter: InsertableParameter, example: Any) -> File | None:
    """The file that an example stands for, where it says of which kind that is: its beginning, or a name; else None."""
    if isinstance(example, File):
        return example
    text = example if isinstance(example, str) else ""
    if MARKUP.match(text):
        return File("qa.xml", text.encode(), "application/xml")
    begins = {"PK": "zip", "%PDF": "pdf", "\x89PNG": "png", "\x7fPNG": "png"}
    kind = next((kind for sign, kind in begins.items() if text.startswith(sign)), "")
    ending = re.fullmatch(r"[\w ./-]+\.(\w{2,5})", text)
    kind = kind or (ending[1].lower() if ending else "")
    media = str(parameter.schema.get("contentMediaType", "")).lower()
    kind = kind or next((name for name in KINDS if media.endswith((f"/{name}", f"+{name}"))), "")
    kind = kind if kind in KINDS else "jpg" if kind == "jpeg" or media == "image/jpeg" else ""
    return KINDS[kind]() if kind else None


def alternatives(operation: ScanOperation, parameter: InsertableParameter) -> list[File]:
    """Files to be tried where the example is refused: first the kinds that the names of the place and its path tell of."""
    names = f"{parameter.name} {operation.route}"
    first = [kind for kind, pattern in NAMED.items() if pattern.search(names)]
    return [KINDS[kind]() for kind in dict.fromkeys((*first, *KINDS))]


def is_xml(file: File) -> bool:
    """Whether a file is a document of XML."""
    return bool(MARKUP.match(str(file))) or file.name.endswith(".xml")
