"""The report of --output-report in each format, with hostile texts, and where no browser can print."""

import csv
import io
import json
import shutil

import pytest
from judged_runs import finished, judged, observation

from theodore_qa.report.detailed import DetailedReport

HOSTILE = "<b>x</b> | y"


@pytest.fixture
def written(tmp_path):
    test = judged("a.robot", HOSTILE, "FAIL", message=HOSTILE)
    run = finished([test, judged("a.robot", "Empty", line=2)], tmp_path, observations=[observation(test, "c", HOSTILE, "FAIL")])

    def write(ending):
        path = tmp_path / f"report{ending}"
        return [file.read_bytes().decode(errors="replace") for file in DetailedReport(path).write(run)]

    return write


def test_each_format_has_each_observation_and_no_markup(written):
    (page,) = written(".html")
    assert "<b>x" not in page
    assert page.count("&lt;b&gt;x&lt;/b&gt; | y") == 3
    (text,) = written(".md")
    assert "<b>" not in text.replace("\\<b\\>", "")
    assert text.count("\\<b\\>x\\</b\\> \\| y") == 3
    (table,) = written(".csv")
    rows = list(csv.reader(io.StringIO(table)))
    assert len(rows) == 3
    assert rows[1][2] == rows[1][8] == HOSTILE
    assert json.loads(written(".json")[0])["tests"][0]["observations"][0]["observed"] == HOSTILE


def test_without_a_browser_a_pdf_is_one_sentence(written, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert written(".pdf") == []
    assert capsys.readouterr().out.endswith("printing needs Chromium, which is not installed; give a name with .html.\n")
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/true")
    assert written(".pdf") == []
    assert "true printed nothing, it ended with 0" in capsys.readouterr().out


@pytest.mark.needs("chromium")
def test_a_browser_prints_a_pdf(written):
    assert written(".pdf")[0].startswith("%PDF-")
