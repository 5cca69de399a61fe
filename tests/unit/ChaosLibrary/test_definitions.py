"""What experiments.yaml may hold, and the sentence for what it may not."""

import pytest
import yaml

from ChaosLibrary import definitions
from theodore_qa.errors import UsageError

PROBE = {"request": "GET /api/stock", "expect": {"bytes": 99}}
EXPERIMENT = {
    "title": "An experiment",
    "type": "network_latency",
    "faults": [{"kind": "latency", "target": "stock"}],
    "probe": "stock",
    "duration": 30,
    "intensity": 0.2,
    "recovery": 5,
}


def load(tmp_path, probe=None, experiment=None, **top):
    file = tmp_path / "experiments.yaml"
    file.write_text(yaml.safe_dump({"probes": {"stock": probe or PROBE}, "experiments": {"one": experiment or EXPERIMENT}} | top))
    return definitions.load(file)


def test_an_experiment_with_all_it_needs(tmp_path):
    found = load(tmp_path)["one"]
    assert (found.duration, found.probe.expect, found.probe.status) == (30, {"bytes": 99}, 200)


WRONG = [
    ({"probe": {"request": "GET /", "expected": {}}}, "There is no key 'expected' in experiments.yaml, probe stock: did you mean 'expect'?"),
    ({"probe": {"body": 1}}, "The key 'request' is missing in experiments.yaml, probe stock."),
    ({"experiment": EXPERIMENT | {"operationall": 0.9}}, "There is no key 'operationall' in experiments.yaml, experiment one: did you mean 'operational'?"),
    ({"experiment": {key: value for key, value in EXPERIMENT.items() if key != "recovery"}}, "The key 'recovery' is missing in experiments.yaml, experiment one."),
    ({"experiment": EXPERIMENT | {"faults": [{"kind": "latency", "targets": "a"}]}}, "There is no key 'targets' in experiments.yaml, experiment one, fault: did you mean 'target'?"),
    ({"experiment": EXPERIMENT | {"faults": [{"kind": "latenzy", "target": "a"}]}}, "There is no kind of fault 'latenzy' in experiments.yaml, experiment one: did you mean 'latency'?"),
    ({"experiment": EXPERIMENT | {"probe": "stok"}}, "There is no probe 'stok' in experiments.yaml, experiment one: did you mean 'stock'?"),
    ({"experiment": EXPERIMENT | {"duration": 0}}, "The duration in experiments.yaml, experiment one is 0, expected more: a fault of no duration disturbs nothing."),
    ({"experiment": EXPERIMENT | {"intensity": 2}}, "The intensity in experiments.yaml, experiment one is 2, expected 0 to 1."),
    ({"experiment": EXPERIMENT | {"concurrent": 0}}, "The number of concurrent probes in experiments.yaml, experiment one is 0, expected 1 to 8."),
    ({"experiment": EXPERIMENT | {"concurrent": "two"}}, "The number of concurrent probes in experiments.yaml, experiment one is two, expected 1 to 8."),
    ({"experiment": EXPERIMENT | {"faults": []}}, "The faults in experiments.yaml, experiment one are [], expected a list of faults with kind and target."),
    ({"prob": {}}, "There is no key 'prob' in experiments.yaml: did you mean 'probes'?"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), WRONG)
def test_what_is_wrong_is_said(tmp_path, change, sentence):
    with pytest.raises(UsageError) as raised:
        load(tmp_path, **change)
    assert str(raised.value) == sentence
