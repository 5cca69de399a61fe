"""What is observed of the parts of a file: each form of a range by RFC 9110, 14, at both ends of the file and beyond them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_qa.observing.display import plural
from TheodoreLibrary import exports

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange
    from TheodoreLibrary.exports import Export

UNSATISFIABLE = 416
MOST_NAMED = 3
SEVERAL = "multipart/byteranges"


def parts(checks: Checks, export: Export, count: int) -> None:
    """Parts of a file that follow each other make the file."""
    whole = export.content
    size = len(whole)
    step = max(1, -(-size // count))
    held, wrong = b"", []
    for first in range(0, size, step):
        last = min(first + step, size) - 1
        answer = exports.download(export, f"bytes={first}-{last}")
        offered = answer.headers.get("content-range", "none")
        if answer.status != exports.PARTIAL or offered != f"bytes {first}-{last}/{size}":
            wrong.append(f"status {answer.status} with {offered} for bytes {first} to {last}")
        held += answer.content
    observed = "; ".join(wrong[:MOST_NAMED]) or f"{len(held)} of {size} bytes, {'equal' if held == whole else 'different'}"
    checks.that("export.resumed", not wrong and held == whole, f"{size} bytes in parts of {step}", observed, n=count)


def forms(checks: Checks, export: Export) -> None:
    """Each form of one range gives the bytes that it names and says which; what is no range gives the whole."""
    size = len(export.content)
    spans = {
        "export.range_last": ("bytes=-10", size - 10, size - 1),
        "export.range_suffix_of_one": ("bytes=-1", size - 1, size - 1),
        "export.range_suffix_whole": (f"bytes=-{size}", 0, size - 1),
        "export.range_suffix_longer": (f"bytes=-{size + 1000}", 0, size - 1),
        "export.range_open": (f"bytes={size - 7}-", size - 7, size - 1),
        "export.range_from_first": ("bytes=0-", 0, size - 1),
        "export.range_first_byte": ("bytes=0-0", 0, 0),
        "export.range_last_byte": (f"bytes={size - 1}-{size - 1}", size - 1, size - 1),
        "export.range_clipped": (f"bytes={size - 5}-{size + 100}", size - 5, size - 1),
    }
    for check, (part, first, last) in spans.items():
        _part(checks, check, export, part, first, last)
    for check, part in (
        ("export.range_backwards", "bytes=5-3"),
        ("export.range_without_ends", "bytes=-"),
        ("export.range_unknown", "lines=1-2"),
    ):
        _whole(checks, check, exports.download(export, part), export, part)
    answer = exports.download(export, "bytes=0-1,5-6")
    if answer.status == exports.PARTIAL:
        right = answer.media == SEVERAL
        checks.that("export.range_several", right, f"status 206 with {SEVERAL} for two ranges", f"status 206 with {answer.media}")
    else:
        _whole(checks, "export.range_several", answer, export, "two ranges")


def beyond(checks: Checks, export: Export) -> None:
    """What lies beyond the file, and nothing of it, is answered 416 with its size."""
    size = len(export.content)
    for part in (f"bytes={size}-", f"bytes={size}-{size + 9}", "bytes=-0"):
        answer = exports.download(export, part)
        right = answer.status == UNSATISFIABLE
        checks.that("export.range_beyond", right, f"status {UNSATISFIABLE} for {part}", f"status {answer.status}")
        checks.equal("export.range_size", f"bytes */{size}", answer.headers.get("content-range", "none"))


def conditions(checks: Checks, export: Export) -> None:
    """A range holds for the file with the ETag that it names, and for no other."""
    own = exports.download(export, "bytes=0-4", if_range=export.file.headers.get("etag", ""))
    checks.that("export.if_range", own.status == exports.PARTIAL, "status 206 with its own ETag", f"status {own.status}")
    _whole(checks, "export.if_range_other", exports.download(export, "bytes=0-4", if_range='"another"'), export, "another ETag")


def _part(checks: Checks, check: str, export: Export, part: str, first: int, last: int) -> None:
    whole = export.content
    answer = exports.download(export, part)
    offered, expected = answer.headers.get("content-range", "none"), f"bytes {first}-{last}/{len(whole)}"
    same = answer.content == whole[first : last + 1]
    right = answer.status == exports.PARTIAL and offered == expected and same
    observed = f"status {answer.status} with {offered}, {plural(len(answer.content), 'byte')}{'' if same else ' of others'}"
    checks.that(check, right, f"status {exports.PARTIAL} with {expected} for {part}", observed)


def _whole(checks: Checks, check: str, answer: Exchange, export: Export, part: str) -> None:
    right = answer.status == exports.OK and answer.content == export.content
    expected = f"status {exports.OK} with {plural(len(export.content), 'byte')} for {part}"
    checks.that(check, right, expected, f"status {answer.status}, {plural(len(answer.content), 'byte')}")
