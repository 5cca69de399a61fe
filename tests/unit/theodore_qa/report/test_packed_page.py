"""log.html is packed, shows what Robot wrote, and hides no secret from the final look."""

import base64
import json
import re
import zlib

import pytest

from theodore_qa.redaction.scan import scan_files
from theodore_qa.redaction.secrets import SecretRegistry
from theodore_qa.report import packed_page

SECRET = "correct-horse-battery"


def unpacked(path):
    return zlib.decompress(base64.b64decode(re.search(r'\("(eJ[^"]+)"\)', path.read_text())[1])).decode()


def page(path, *strings):
    """A page as Robot writes it: long strings packed one by one."""
    packed = [base64.b64encode(zlib.compress(text.encode(), 9)).decode() for text in strings]
    path.write_text(f"<html><script>window.output = {json.dumps(packed)};</script></html>", encoding="utf-8")
    return path


def test_strings_that_robot_packed_stand_in_the_page_as_texts(tmp_path):
    text = 'a "quoted" line\nwith </script> and ünicode ' * 3
    path = page(tmp_path / "log.html", text)
    packed_page.pack(path)
    found = json.loads(re.search(r"output = (\[.*\]);", unpacked(path))[1].replace("\\x3c", "<"))
    assert found == [f"*{text}"]
    assert "</script> and" not in unpacked(path)


def test_a_page_of_many_alike_strings_becomes_a_small_part_of_itself(tmp_path):
    path = page(tmp_path / "log.html", *(f"check {number}: expected at most 2 s, observed 3 s " * 4 for number in range(300)))
    before = path.stat().st_size
    packed_page.pack(path)
    assert path.stat().st_size < before / 4


@pytest.mark.parametrize("inner", [False, True])
def test_the_final_look_finds_a_secret_in_a_packed_page(tmp_path, inner):
    registry = SecretRegistry()
    registry.add(SECRET, "THE_SECRET")
    path = page(tmp_path / "log.html", f"{SECRET} " * 3 if inner else "nothing of it " * 3)
    if not inner:
        path.write_text(path.read_text().replace("<html>", f"<html>{SECRET}"))
    packed_page.pack(path)
    assert SECRET not in path.read_text()
    assert [hit.name for hit in scan_files([path], registry)] == ["THE_SECRET"]
