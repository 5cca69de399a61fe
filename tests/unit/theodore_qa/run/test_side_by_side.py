"""Rounds of two builds: the load engine runs on each, in an order that a seed repeats; what it cannot say is NOT EVALUATED."""

import pytest

from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.run import side_by_side

SCENARIO = {
    "stages": ["1 users x 3"],
    "journeys": [{"name": "read", "steps": [{"name": "pens", "request": "GET /pens", "expect": {"fields": {"sold": "*"}}}]}],
}
URLS = {"tested": "http://127.0.0.1:1", "reference": "http://127.0.0.1:2"}


def test_the_order_is_drawn_by_the_seed(monkeypatch):
    monkeypatch.setattr(side_by_side, "_loaded", lambda scenario, folder, build: {"pens": {"url": scenario["url"]}})

    def orders(seed):
        lines = []
        rounds = side_by_side.run(SCENARIO, URLS, 12, seed, lines.append)
        assert all(pair[build]["pens"]["url"] == URLS[build] for pair in rounds.pairs for build in URLS)
        return [line.partition(": ")[2] for line in lines]

    assert orders(7) == orders(7)
    assert set(orders(7)) == {"tested then reference", "reference then tested"}


def test_a_load_that_is_none_is_wrong_usage():
    with pytest.raises(UsageError, match="The load cannot be run: "):
        side_by_side.run({"stages": ["soon"]}, URLS, 1, 1, lambda _: None)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"stopped": "by SIGTERM", "lost": 0, "client": {"saturated": ""}}, "A load of the .* build is NOT EVALUATED"),
        ({"stopped": "", "lost": 0, "client": {"saturated": "late"}}, "A load of the .* build is NOT EVALUATED"),
        (None, "left no result: nothing came"),
    ],
)
def test_a_round_that_was_cut_off_says_nothing(monkeypatch, data, sentence):
    import json
    import subprocess
    from pathlib import Path

    def engine(command, **_):
        if data is not None:
            (Path(command[-1]) / "result.json").write_text(json.dumps(data | {"steps": []}))
        return subprocess.CompletedProcess(command, 3, "nothing came\n", "")

    monkeypatch.setattr(subprocess, "run", engine)
    with pytest.raises(NotEvaluatedError, match=sentence):
        side_by_side.run(SCENARIO, URLS, 1, 1, lambda _: None)
