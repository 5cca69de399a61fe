"""The figures of all loads of a run in one table."""

import csv

from judged_runs import finished

from theodore_qa.report.figures import FiguresReport


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_loads_stand_below_one_another(tmp_path):
    run = finished([], tmp_path)
    for name in ("spike", "calm"):
        folder = tmp_path / "evidence" / run.id / "load" / name
        folder.mkdir(parents=True)
        (folder / "steps.csv").write_text(f'step,count,errors by kind\n"get, {name}",20,\n', encoding="utf-8")
    (table,) = FiguresReport().write(run)
    assert rows_of(table) == [
        ["load", "step", "count", "errors by kind"],
        ["calm", "get, calm", "20", ""],
        ["spike", "get, spike", "20", ""],
    ]


def test_a_run_without_loads_has_a_header_alone(tmp_path):
    (table,) = FiguresReport().write(finished([], tmp_path))
    assert rows_of(table) == [["load", "step"]]
