"""Forms of ranges, against a server that keeps to RFC 9110 and against such that do not."""

import re
from types import SimpleNamespace

import pytest

from theodore_qa.observing.checks import Checks
from TheodoreLibrary import export_ranges

WHOLE = bytes(range(40))
TAG = '"a"'


def served(part, whole=WHOLE, *, longest=None):
    """What a server answers to a range; with ``longest`` it takes a suffix that is longer as it is."""
    size = len(whole)
    given = re.fullmatch(r"bytes=(\d*)-(\d*)", part)
    if given is None or given[0] == "bytes=-" or (given[1] and given[2] and int(given[2]) < int(given[1])):
        return 200, whole, "none"
    suffix = min(int(given[2] or 0), size) if longest is None else int(given[2] or 0)
    first, last = (int(given[1]), min(int(given[2] or size), size - 1)) if given[1] else (size - suffix, size - 1)
    if first > last:
        return 416, b"", f"bytes */{size}"
    return 206, whole[max(0, first) : last + 1], f"bytes {first}-{last}/{size}"


def failures(monkeypatch, check, answer=served, *arguments):
    """The checks that failed, with what was observed."""

    def download(_export, part="", **headers):
        status, content, offered = (200, WHOLE, "none") if headers.get("if_range", TAG) != TAG else answer(part)
        return SimpleNamespace(status=status, content=content, media="text/csv", headers={"content-range": offered})

    monkeypatch.setattr(export_ranges.exports, "download", download)
    checks = Checks("Parts", "exp_1")
    check(checks, SimpleNamespace(content=WHOLE, file=SimpleNamespace(headers={"etag": TAG})), *arguments)
    assert checks.done
    return {seen.check: seen.observed for seen in checks.done if seen.verdict == "FAIL"}


@pytest.mark.parametrize("check", [export_ranges.forms, export_ranges.beyond, export_ranges.conditions])
def test_a_server_that_keeps_to_the_rules(check, monkeypatch):
    assert failures(monkeypatch, check) == {}
    assert failures(monkeypatch, export_ranges.parts, served, 3) == {}


def test_a_suffix_that_is_longer_than_the_file(monkeypatch):
    wrong = failures(monkeypatch, export_ranges.forms, lambda part: served(part, longest=True))
    assert wrong == {"export.range_suffix_longer": "status 206 with bytes -1000-39/40, 40 bytes"}


def test_other_bytes_than_the_range_names(monkeypatch):
    wrong = failures(monkeypatch, export_ranges.forms, lambda part: served(part, WHOLE[:-1] + b"x"))
    assert wrong["export.range_last_byte"] == "status 206 with bytes 39-39/40, 1 byte of others"
    assert "export.range_first_byte" not in wrong


def test_a_server_that_knows_no_ranges(monkeypatch):
    assert "export.range_open" in failures(monkeypatch, export_ranges.forms, lambda _: (200, WHOLE, "none"))
    assert failures(monkeypatch, export_ranges.beyond, lambda _: (200, WHOLE, "none")) == {
        "export.range_beyond": "status 200",
        "export.range_size": "none",
    }


def test_several_ranges_in_one_part(monkeypatch):
    wrong = failures(monkeypatch, export_ranges.forms, lambda part: (206, b"ab", "none") if "," in part else served(part))
    assert wrong == {"export.range_several": "status 206 with text/csv"}
