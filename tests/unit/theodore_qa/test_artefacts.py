"""Files of a run beside its evidence."""

import csv
from types import SimpleNamespace

from theodore_qa import artefacts
from theodore_qa.observing.observations import recorder


def test_a_table_lies_beside_the_evidence_and_holds_no_formula(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "writer", SimpleNamespace(folder=tmp_path / "run"))
    rows = [("=1+1", "failed", 4, 'no "site"\nfound'), ("Zoé", "failed", None, "../x"), ("-2", "pending", 0, "@now")]
    path = artefacts.write_csv("failed/../batch 1", ("Company", "Status", "Attempts", "Reason"), rows)
    assert path == tmp_path / "run" / "failed_batch_1.csv"
    with path.open(encoding="utf-8", newline="") as file:
        written = list(csv.reader(file))
    assert written == [
        ["Company", "Status", "Attempts", "Reason"],
        ["'=1+1", "failed", "4", 'no "site"\nfound'],
        ["Zoé", "failed", "", "../x"],
        ["'-2", "pending", "0", "'@now"],
    ]
