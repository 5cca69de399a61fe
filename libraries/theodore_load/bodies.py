"""The body of a request: JSON, a form, text, or several parts with files among them."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import secrets
from typing import Any, TYPE_CHECKING

from theodore_load import templates
from theodore_qa.errors import unknown, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KINDS = ("json", "form", "body", "multipart")
PART_KEYS = ("file", "content", "base64", "name", "type")
BINARY = "latin-1"  # each character a byte
Body = tuple[templates.Template | None, str, str]


def body(declared: Mapping[str, Any], step: str) -> Body:
    """The body of a step, its media type, and the encoding in which its text becomes bytes."""
    given = [key for key in KINDS if declared.get(key) is not None]
    if len(given) > 1:
        raise UsageError(f"The step '{step}' has several bodies ({', '.join(given)}): leave it one.")
    if not given:
        return None, "", "utf-8"
    content = declared[given[0]]
    if given[0] == "json":
        return templates.json_body(content), "application/json", "utf-8"
    if given[0] == "form":
        return templates.form(content), "application/x-www-form-urlencoded", "utf-8"
    if given[0] == "multipart":
        return _multipart(content, step)
    return templates.plain(str(content)), "text/plain; charset=utf-8", "utf-8"


def with_files(declared: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The parts of a body with the files that they name read in, as base64."""
    parts: dict[str, Any] = {}
    for name, part in declared.items():
        if isinstance(part, dict) and "file" in part:
            path = folder / str(part["file"])
            try:
                content = path.read_bytes()
            except OSError as error:
                raise UsageError(f"The file {path} of the part '{name}' cannot be read: {error.strerror}.") from None
            rest = {key: value for key, value in part.items() if key != "file"}
            parts[str(name)] = {"name": path.name, **rest, "base64": base64.b64encode(content).decode()}
        else:
            parts[str(name)] = part
    return parts


def _multipart(declared: Any, step: str) -> Body:
    """A body as a browser sends it with files (RFC 7578)."""
    if not isinstance(declared, dict) or not declared:
        raise UsageError(f"The step '{step}' has a multipart body without parts: name at least one.")
    boundary = secrets.token_hex(16)
    texts: list[str | templates.Template] = []
    for name, part in declared.items():
        texts += [f"--{boundary}\r\nContent-Disposition: form-data; name={_quoted(name)}", *_part(part, str(name), step), "\r\n"]
    made = templates.joined([*texts, f"--{boundary}--\r\n"])
    return made, f"multipart/form-data; boundary={boundary}", BINARY


def _part(part: Any, name: str, step: str) -> list[str | templates.Template]:
    """The rest of the header of a part, and its content."""
    if not isinstance(part, dict):
        return ["\r\n\r\n", templates.bytes_of(str(part))]
    for key in part:
        if key not in PART_KEYS:
            raise unknown("entry", str(key), PART_KEYS, f"the part '{name}' of the step '{step}'")
    try:
        content = base64.b64decode(part["base64"], validate=True).decode(BINARY) if "base64" in part else None
    except (binascii.Error, ValueError):
        raise UsageError(f"The part '{name}' of the step '{step}' is no base64.") from None
    file_name = str(part.get("name", name))
    media = str(part.get("type") or mimetypes.guess_type(file_name)[0] or "application/octet-stream")
    head = f"; filename={_quoted(file_name)}\r\nContent-Type: {media}\r\n\r\n"
    return [head, templates.bytes_of(str(part.get("content", ""))) if content is None else content]


def _quoted(name: Any) -> str:
    """A name in a header; what would end it is percent-encoded, as browsers do."""
    text = str(name).replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    return '"' + text.encode().decode(BINARY) + '"'
