"""Options of exports, observed: the name of the file, its packing, the companies that are not valid, and the audit trail."""

from __future__ import annotations

import re
import zlib
from datetime import datetime, UTC
from typing import Any, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.observing.display import plural, written
from theodore_qa.systems.conventions import instant

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange
    from TheodoreLibrary.exports import Export

Record = dict[str, Any]
ENDINGS = {"markdown": "md"}
GZIP = 16 + zlib.MAX_WBITS
MOST_UNPACKED = 1_000_000_000
MOST_NAMED = 5
NEEDED = ("name", "domain")
ENUMS = {
    "industry": "IndustryCategory",
    "business_model": "BusinessModel",
    "company_size": "CompanySize",
    "tech_sophistication": "TechSophistication",
}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def named(checks: Checks, export: Export) -> None:
    """The file has the name that was requested, with the endings of its format and of its packing."""
    name = export.request.get("file_path")
    if name is None:
        return
    packed, kind = bool(export.request.get("compress")), ENDINGS.get(export.format, export.format)
    plain = str(name).removesuffix(".gz") if packed else str(name)
    expected = (plain if plain.endswith(f".{kind}") else f"{plain}.{kind}") + (".gz" if packed else "")
    checks.equal("export.file_name", expected, export.result.get("file_name"))


def consistent(checks: Checks, export: Export) -> None:
    """What is said of the validation agrees with itself; where none was requested nothing is said."""
    if export.request.get("validate_data") is False:
        stated = [export.result.get(name) for name in ("validation_passed", "invalid_count")]
        checks.equal("export.validated", [None, None], stated)
        return
    errors, count = export.result.get("validation_errors"), export.result.get("invalid_count")
    passed = export.result.get("validation_passed")
    known = isinstance(errors, list) and isinstance(count, int)
    right = known and passed is (count == 0) and bool(errors) is (count != 0)
    expected = "validation_passed true with 0 companies named, or false with some"
    observed = f"{written(passed)} with {written(count)} not valid and {len(errors or ())} named"
    checks.that("export.validated", right, expected, observed)


def unpacked(checks: Checks, export: Export) -> bytes | None:
    """The file as it was before it was packed; None, with a failed check, where it is no whole file of gzip."""
    if not export.request.get("compress"):
        return export.content
    held, observed = of_gzip(export.content)
    admitted = export.result.get("compressed")
    expected = "a whole file packed by gzip, with compressed true"
    observed = f"{observed}, with compressed {written(admitted)}"
    checks.that("export.compressed", held is not None and admitted is True, expected, observed, n=len(export.content))
    return held


def of_gzip(content: bytes) -> tuple[bytes | None, str]:
    """What was packed by gzip, and what was seen of it; None where it is no whole file of gzip alone."""
    unpacker = zlib.decompressobj(wbits=GZIP)
    try:
        held = unpacker.decompress(content, MOST_UNPACKED)
    except zlib.error:
        return None, f"{plural(len(content), 'byte')} that are none of gzip"
    if not unpacker.eof:
        return None, f"{plural(len(content), 'byte')} without an end"
    if unpacker.unused_data:
        return None, f"{plural(len(unpacker.unused_data), 'byte')} behind the end"
    return held, f"{plural(len(held), 'byte')} packed in {len(content)}"


def invalid(record: Record, moment: datetime) -> list[str]:
    """The fields of a record that break a rule of the contract, by our own reading of them."""
    wrong = [name for name in NEEDED if not record.get(name)]
    schemas = context.system.contract.needed.raw["components"]["schemas"]
    wrong += [name for name, enum in ENUMS.items() if record.get(name) is not None and record[name] not in schemas[enum]["enum"]]
    ranges = {"founded_year": (1, moment.year), "employee_count": (1, None), "confidence_score": (0, 1)}
    for name, (least, most) in ranges.items():
        value = record.get(name)
        if value is not None and (value < least or (most is not None and value > most)):
            wrong.append(name)
    email, website = record.get("contact_email"), record.get("website")
    wrong += ["contact_email"] * (email is not None and not EMAIL.fullmatch(str(email)))
    wrong += ["website"] * (website is not None and not str(website).casefold().startswith(("http://", "https://")))
    updated = record.get("last_updated")
    wrong += ["last_updated"] * (updated is not None and instant(str(updated)) > moment)
    return wrong


def invalid_named(checks: Checks, export: Export, records: list[Record]) -> None:
    """The companies that are not valid are named with their fields, and of those that are known no others."""
    moment = datetime.now(UTC)
    expected = sorted({(str(record.get("domain")), field) for record in records for field in invalid(record, moment)})
    condition = "the companies that are not valid, with their fields"
    if not expected:
        checks.not_evaluated("export.invalid_named", condition, f"{len(records)} of {len(records)} records are valid")
        return
    known = {str(record.get("domain")) for record in records}
    listed = [entry for entry in export.result.get("validation_errors") or [] if isinstance(entry, dict)]
    came = sorted({(str(entry.get("company")), str(entry.get("field"))) for entry in listed if entry.get("company") in known})
    checks.that("export.invalid_named", came == expected, _listed(expected), _listed(came), n=len(records))
    silent = [str(entry.get("field")) for entry in listed if not entry.get("problem")]
    observed = f"none for {', '.join(silent[:MOST_NAMED])}" if silent else f"{len(listed)} of {len(listed)} with a problem"
    checks.that("export.invalid_reasons", bool(listed) and not silent, "a problem for each value", observed, n=len(listed))


def _listed(pairs: list[tuple[str, str]]) -> str:
    more = f" and {len(pairs) - MOST_NAMED} more" if len(pairs) > MOST_NAMED else ""
    return ", ".join(f"{company} ({field})" for company, field in pairs[:MOST_NAMED]) + more or "none"


def audited(checks: Checks, export: Export, username: str, described: Exchange) -> None:
    """The answer and the description hold who exported what, when, with which filters; neither where it was not requested."""
    differing = [key for key, value in export.result.items() if described.object().get(key) != value]
    observed = f"another {', '.join(differing)}" if differing else f"{len(export.result)} of {len(export.result)} fields"
    checks.that("export.described", not differing, "the fields of the answer", observed, n=len(export.result))
    for name, body in (("the answer", export.result), ("the description", described.object())):
        trail = body.get("audit_trail")
        if not export.request.get("include_audit_trail"):
            checks.equal("export.audit_trail", None, trail)
            continue
        filters = {key: value for key, value in (export.request.get("filters") or {}).items() if value is not None}
        expected = {
            "exported_by": username, "exported_at": body.get("created_at"), "format": export.format, "filters": filters,
            "columns": body.get("columns"), "record_count": body.get("record_count"), "sha256": body.get("sha256"),
        }  # fmt: skip
        held = trail if isinstance(trail, dict) else {}
        differing = [f"{key} {written(held.get(key))}" for key, value in expected.items() if not _same(value, held.get(key))]
        condition = f"the export by {username} in {name}, with its filters {written(filters)}"
        observed = ", ".join(differing) if held else "no audit trail"
        agreeing = f"{len(expected)} of {len(expected)} entries"
        checks.that("export.audit_trail", bool(held) and not differing, condition, observed or agreeing, n=len(expected))


def _same(expected: Any, observed: Any) -> bool:
    """Whether two values are equal, moments in whatever zone they are written."""
    if isinstance(expected, dict) and isinstance(observed, dict):
        return expected.keys() == observed.keys() and all(_same(expected[key], observed[key]) for key in expected)
    if expected == observed or not (isinstance(expected, str) and isinstance(observed, str)):
        return bool(expected == observed)
    try:
        return instant(expected) == instant(observed)
    except (TypeError, ValueError):
        return False


def refused(checks: Checks, name: str, answer: Exchange, plain: Exchange) -> None:
    """A name that is none of a file is refused with a sentence about it, and a plain one is taken."""
    checks.equal("export.name_refused", 422, answer.status)
    details = answer.object().get("details")
    about = [entry for entry in details if isinstance(entry, dict)] if isinstance(details, list) else []
    reasons = [str(entry.get("msg")) for entry in about if "file_path" in (entry.get("loc") or ())]
    observed = reasons[0] if reasons else f"nothing about file_path for {written(name)}"
    checks.that("export.name_reason", any(reasons), "a sentence about file_path", observed)
    checks.equal("export.name_taken", 200, plain.status)
