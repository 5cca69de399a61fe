"""A planted secret reaches no file in any encoding, and text of a tested system stays text."""

import base64
import html
import json
import re
import subprocess
import sys
from urllib.parse import quote

import pytest

from theodore_qa.redaction.scan import scan_tree
from theodore_qa.redaction.secrets import SecretRegistry

SECRET = "Pa&ss<\"wörd'/+ 1"
FORMS = {
    "plain": SECRET,
    "URL": quote(SECRET, safe=""),
    "JSON": json.dumps(SECRET)[1:-1],
    "XML": html.escape(SECRET),
    "repr": ascii(SECRET)[1:-1],
    "base64": base64.b64encode(f"user:{SECRET}".encode()).decode(),
}
PLANTER = """
from robot.api import logger
from theodore_qa.redaction.secrets import secrets

FORMS = {forms!r}

def know():
    if {known!r}:
        secrets.add({secret!r}, "THE_SECRET")

def get(form):
    return FORMS[form]

def say(text):
    logger.info(text)
    logger.console(text)
    return text

def give_up(text):
    raise AssertionError("it was " + text)
"""


def escaped(text):
    return text.replace("\\", "\\\\").replace("${", "\\${").replace("=", "\\=").replace("#", "\\#")


def suite():
    rows = [
        "*** Settings ***",
        "Library    planter.py",
        "Suite Setup    Know",
        f"Metadata    Key    {escaped(FORMS['URL'])}",
        "",
        "*** Test Cases ***",
    ]
    for form, text in FORMS.items():
        literal = escaped(text).replace("  ", " ")
        rows += [
            f"In {form}",
            f"    [Documentation]    doc {literal}",
            f"    [Tags]    tag {literal}",
            f"    ${{value}} =    Get    {form}",
            "    Say    ${value}",
            f"    Say    {literal}",
            f"    FOR    ${{x}}    IN    {literal}",
            "        Log    ${x}",
            "    END",
            f"    IF    $value == {text!r}",
            "        Log    ${value}    WARN",
            "    END",
            f"    VAR    ${{kept}}    {literal}",
            "    Give Up    ${value}",
            "",
        ]
    return "\n".join(rows)


@pytest.fixture
def planted(tmp_path, clean_environment):
    def run(*options, known=True, module="robot"):
        folder = tmp_path / f"{module}-{known}"
        folder.mkdir()
        (folder / "planter.py").write_text(PLANTER.format(forms=FORMS, secret=SECRET, known=known))
        (folder / "suite.robot").write_text(suite(), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            module,
            "--listener",
            "theodore_qa.listener.Listener",
            "--outputdir",
            "out",
            *options,
            "suite.robot",
        ]
        done = subprocess.run(
            command, cwd=folder, env=clean_environment, capture_output=True, text=True, timeout=900, check=False
        )
        (folder / "out" / "console.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
        return folder / "out"

    return run


def registry():
    registry = SecretRegistry()
    registry.add(SECRET, "THE_SECRET")
    return registry


EVERYTHING = ("--loglevel", "TRACE:TRACE", "--debugfile", "debug.txt", "--xunit", "xunit.xml")


@pytest.mark.parametrize("module", ["robot", "pabot.pabot"])
def test_no_file_holds_the_secret_in_any_form(planted, module):
    folder = planted(*EVERYTHING, module=module)
    assert {path.name for path in folder.iterdir()} >= {"output.xml", "log.html", "report.html"}
    assert [(hit.path.name, hit.form) for hit in scan_tree(folder, registry()) if hit.path.name != "robot_argfile.txt"] == []
    assert "***" in (folder / "output.xml").read_text()


def test_the_report_made_from_memory_holds_none(planted):
    folder = planted("--log", "NONE", "--output", "NONE", "--loglevel", "TRACE")
    assert scan_tree(folder, registry()) == []


def test_the_scan_finds_each_form_in_each_file_when_nothing_redacts(planted):
    folder = planted(*EVERYTHING, known=False)
    hits = scan_tree(folder, registry())
    assert {hit.path.name for hit in hits} >= {"output.xml", "log.html", "debug.txt", "console.txt", "xunit.xml"}
    for form, text in FORMS.items():
        assert any(form in hit.form for hit in scan_text(folder, form, text)), form


def scan_text(folder, form, text):
    target = folder / f"only-{form}"
    target.mkdir()
    (target / "a.txt").write_text(f"before {text} after", encoding="utf-8")
    return scan_tree(target, registry())


def test_the_scan_looks_into_archives(tmp_path):
    import gzip
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inner.gz", gzip.compress(FORMS["JSON"].encode()))
    assert [hit.name for hit in scan_tree(tmp_path, registry())] == ["THE_SECRET"]


def test_redaction_that_fails_withholds_the_text(tmp_path, robot):
    text = "*** Settings ***\nLibrary    breaker.py\n\n*** Test Cases ***\nA\n    Break\n    Log    something private\n    Mend\n"
    (tmp_path / "breaker.py").write_text(
        "from theodore_qa.redaction.secrets import SecretRegistry\nreal = SecretRegistry.redact\n"
        "def break_():\n    SecretRegistry.redact = lambda self, text: 1 / 0\nbreak_.robot_name = 'Break'\n"
        "def mend():\n    SecretRegistry.redact = real\n"
    )
    _, result = robot(text)
    written = (tmp_path / "out" / "output.xml").read_text()
    assert "(withheld: redaction failed)" in written
    assert not re.search(r"<msg[^>]*>something private", written)
    assert any('"type": "failure"' in path.read_text() for path in (tmp_path / "out" / "evidence").rglob("*.jsonl"))
    assert result is not None


HOSTILE = """\
*** Settings ***
Library    hostile.py

*** Test Cases ***
Failure Of BuiltIn
    ${reply} =    Reply
    Should Be Equal    ${reply}    other

Logged As HTML
    ${reply} =    Reply
    Log    ${reply}
    Log    ${reply}    html=True

Message Of The Test
    ${reply} =    Reply
    Set Test Message    ${reply}

Documentation
    ${reply} =    Reply
    Set Test Documentation    ${reply}

Our Own Table
    Table
"""
REPLY = "*HTML*<script>window.planted=1</script><img src=x onerror='window.planted=1'><b id=planted>bold</b>"


@pytest.mark.needs("chromium")
def test_text_of_the_tested_system_stays_text_in_a_real_browser(tmp_path, robot):
    from playwright.sync_api import sync_playwright

    (tmp_path / "hostile.py").write_text(
        f"from theodore_qa.log import log_table\ndef reply():\n    return {REPLY!r}\n"
        f"def table():\n    log_table('Ours', ('Value',), [({REPLY!r},)])\n"
    )
    robot(HOSTILE, "--loglevel", "TRACE")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"file://{tmp_path}/out/log.html#*")
        page.evaluate("expandSuite(window.testdata.findLoaded('s1'))")
        page.evaluate("jQuery = window.$ || window.jQuery; expandAll && expandAll('s1')")
        page.wait_for_function("document.body.innerText.includes('<b id=planted>bold</b>')")
        assert page.evaluate("window.planted") is None
        assert page.query_selector("#planted") is None
        page.wait_for_selector("table td:has-text('onerror')")
        browser.close()


def test_a_normal_run_at_trace_leaves_no_secret(theodore, tmp_path):
    done = theodore("test", "e2e", "--scenario", "raw_api", "--", "--loglevel", "TRACE:TRACE", "--debugfile", "debug.txt")
    assert done.returncode == 0, done.stdout + done.stderr
    written = [path.read_text(errors="replace") for path in (tmp_path / "results").rglob("*") if path.is_file()]
    assert any("Bearer ***" in text for text in written)
    assert not any(re.search(r"eyJ[\w-]{8,}\.[\w-]{8,}", text) for text in written)
    assert scan_tree(tmp_path / "results") == []


def test_a_secret_that_is_too_short_is_said_to_be(robot):
    done, result = robot(
        "*** Settings ***\nLibrary    ApiLibrary\n*** Test Cases ***\nShort\n"
        "    Register Secret    ${{robot.api.types.Secret('1234')}}    name=PIN\n    Log    pin=1234 and 1234 pages\n"
    )
    sentence = "The secret PIN has fewer than 6 characters: it is kept out of logs only where a name such as 'password' stands before it."
    assert sentence in done.stderr
    assert [error.message.startswith(sentence) for error in result.errors] == [True]
    assert result.suite.tests[0].body[1].body[0].message == "pin=*** and 1234 pages"
