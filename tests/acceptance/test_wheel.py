"""From an empty folder with only the built wheel installed: init, then test; what is cited is there."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from theodore_qa import keyword_site

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("libraries", "resources", "suites", "variables")
CITED = re.compile(r"\bdocs/([\w./-]+\.md)(?:#([\w-]+))?")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel):
    folder = wheel.parent
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", folder / "venv" / "bin" / "python", wheel], check=True
    )
    return folder / "venv" / "bin"


def test_a_new_project_runs_at_once(installed, tmp_path, clean_environment):
    def theodore(*arguments, cwd):
        return subprocess.run(
            [installed / "theodore", *arguments],
            cwd=cwd,
            env=clean_environment,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    made = theodore("init", "x", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    done = theodore("test", "e2e", cwd=tmp_path / "x")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 PASS" in done.stdout
    assert (tmp_path / "x" / "results" / "log.html").is_file()
    plain = subprocess.run(
        [installed / "robot", "--argumentfile", "theodore.args", "suites"],
        cwd=tmp_path / "x",
        env=clean_environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert plain.returncode == 0, plain.stdout
    again = theodore("init", "x", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (2, "Error: The folder x is not empty: name a new one, nothing was written.\n")


def test_the_shipped_suites_run_from_the_wheel(installed, tmp_path, clean_environment):
    done = subprocess.run(
        [installed / "robotframework-theodore", "test", "e2e", "--scenario", "sessions"],
        cwd=tmp_path,
        env=clean_environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def citations(folders):
    """The guides that texts in folders cite, each with its anchor and the file that cites it."""
    kinds = {".py", ".robot", ".resource", ".yaml", ".json"}
    texts = (path for folder in folders for path in folder.rglob("*") if path.suffix in kinds)
    return {(*match.groups(), path.name) for path in texts for match in CITED.finditer(path.read_text(encoding="utf-8"))}


def dead(guides, cited):
    """What is cited and is not there, and links of the guides that lead nowhere."""
    texts = {path.relative_to(guides).as_posix(): path.read_text(encoding="utf-8") for path in guides.rglob("*.md")}
    anchors = {name: set(map(keyword_site.anchor, HEADING.findall(text))) for name, text in texts.items()}
    links = {
        (os.path.normpath(Path(name).parent / match[1]) if match[1] else name, match[2], name)
        for name, text in texts.items()
        for match in LINK.finditer(text)
    }
    return [
        f"{by} cites {name}{f'#{anchor}' if anchor else ''}"
        for name, anchor, by in sorted(cited | links, key=str)
        if name not in anchors or (anchor and anchor not in anchors[name])
    ]


def test_each_guide_and_anchor_that_is_cited_comes_with_the_wheel_and_with_a_new_project(wheel, theodore, tmp_path):
    cited = citations([ROOT / folder for folder in SHIPPED])
    assert {"CHAOS_EXPERIMENTS.md", "SECURITY_CHECKLIST.md", "ENVIRONMENT_FILE.md"} <= {name for name, _, _ in cited}
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "wheel")
    assert dead(tmp_path / "wheel" / "theodore" / "docs", cited) == []
    guides = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert {path.name for path in (tmp_path / "wheel" / "theodore" / "docs").iterdir()} == guides | {"decisions"}
    for name, options in {"mine": (), "api": ("--url", "http://127.0.0.1:8080")}.items():
        made = theodore("init", name, *options)
        assert made.returncode == 0, made.stderr
        assert dead(tmp_path / name / "docs", cited | citations([tmp_path / name])) == []


def test_a_citation_that_leads_nowhere_is_found(tmp_path):
    (tmp_path / "A.md").write_text("# A\n\n## A part\n\n[b](B.md), [part](#a-part), [other](#other)\n")
    assert dead(tmp_path, {("A.md", "a-part", "x.py"), ("A.md", "an-other", "x.py"), ("C.md", None, "x.py")}) == [
        "x.py cites A.md#an-other",
        "A.md cites A.md#other",
        "A.md cites B.md",
        "x.py cites C.md",
    ]
