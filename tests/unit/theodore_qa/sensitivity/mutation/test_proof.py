"""The proof by mutants, with suites that run nothing."""

from types import SimpleNamespace

import pytest

from theodore_qa.sensitivity import trial
from theodore_qa.sensitivity.mutation import proof, trying
from theodore_qa.sensitivity.mutation.reach import Reach, SuiteReach
from theodore_qa.sensitivity.trial import TrialResult

SOURCE = """\
MOST = 3
LEAST = 1


def first(rows):
    if len(rows) > MOST:
        return rows[:MOST]
    return rows[LEAST:]
"""


@pytest.mark.parametrize(("dead", "drawn"), [(0, 2), (1, 3), (2, 4)])
def test_as_many_more_are_drawn_as_do_not_start(tmp_path, monkeypatch, dead, drawn):
    package = tmp_path / "theodore_sandbox"
    (package / "theodore").mkdir(parents=True)
    (package / "theodore" / "code.py").write_text(SOURCE)
    reached = Reach("digest", {"login": SuiteReach("login", "text", 2.0, ["Row"], {"theodore/code.py": list(range(1, 9))})})
    starts = iter(["it does not start"] * dead + [""] * 9)
    red, green = (
        TrialResult(0, [{"suite": "e2e/login.robot", "name": "Row", "verdict": verdict}]) for verdict in ("FAIL", "PASS")
    )
    monkeypatch.setattr(proof, "recorded", lambda *_, **__: reached)
    monkeypatch.setattr(proof.paths, "package", lambda _: package)
    monkeypatch.setattr(proof.equivalents, "read", list)
    monkeypatch.setattr(trying, "started", lambda _: next(starts))
    monkeypatch.setattr(trial, "command", lambda *_, packages=None, **__: red if packages else green)
    lines, rows = [], []
    bench = SimpleNamespace(folder=tmp_path / "work", workers=1, suites=tmp_path, system="theodore", add=lambda *row: rows.append(row))
    bench.each = lambda items, work: [work(number, item) for number, item in enumerate(items)]
    figures = proof.prove(bench, [], proof.Scope(2, 7), tmp_path / "results", lines.append)
    assert (figures.share().hits, figures.share().tried, len(rows)) == (2, 2, drawn)
    counts = [line.split()[1] for line in lines if line.startswith("Mutants: ")]
    assert counts == ["2", str(drawn)][: 1 + bool(dead)]
