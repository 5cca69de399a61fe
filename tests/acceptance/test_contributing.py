"""The recipes of CONTRIBUTING.md, followed step by step in a copy of the tree."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"^## (Add [^\n]+)\n\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^\d\. (.*?)(?=^\d\. |\Z)", re.MULTILINE | re.DOTALL)


def applied(step, folder):
    """Do what a step says, and return the file that it wrote or changed."""
    block = re.search(r"^ {3}```\w+\n(.*?)^ {3}```$", step, re.MULTILINE | re.DOTALL)
    if not block:
        return None
    code = textwrap.dedent("\n".join(line[3:] for line in block[1].split("\n")))
    words = step[: block.start()]
    names = re.findall(r"`((?:libraries|tests|variables)/[^`]+)`", words)
    path = folder / names[-1]
    path.parent.mkdir(parents=True, exist_ok=True)
    anchor = re.search(r"(below|in place of)\s+`([^`]+)`:\s*$", words)
    if not anchor:
        path.write_text(code, encoding="utf-8")
        return path
    indented = "".join(line.removeprefix("   ") for line in block[1].splitlines(keepends=True))
    text = path.read_text(encoding="utf-8")
    assert anchor[2] in text, f"{names[-1]} has no line {anchor[2]}"
    if anchor[1] == "below":
        end = text.index("\n", text.index(anchor[2])) + 1
        path.write_text(text[:end] + indented + text[end:], encoding="utf-8")
    else:
        line = next(line for line in text.splitlines(keepends=True) if anchor[2] in line)
        path.write_text(text.replace(line, indented), encoding="utf-8")
    return path


def test_each_recipe_has_five_steps():
    assert {name: len(STEP.findall(body)) for name, body in RECIPES} == dict.fromkeys(
        ("Add a keyword", "Add a probe", "Add a fault", "Add a defect", "Add a system", "Add a report"), 5
    )


@pytest.mark.parametrize(("name", "body"), RECIPES, ids=[name for name, _ in RECIPES])
def test_following_a_recipe_ends_with_a_green_test(tmp_path, name, body):
    for part in ("libraries", "variables", "resources", "tests/support", "tests/scans"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "test_*"))
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    files = [file for step in STEP.findall(body) if (file := applied(step, tmp_path))]
    (written,) = [file for file in files if file.name.startswith("test_")]
    known = [tmp_path / part for part in ("libraries", "tests/support", "tests/scans")]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "THEODORE_"))}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, known))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(written)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{name}:\n{done.stdout}{done.stderr}"
    assert "passed" in done.stdout
