"""The registry of probes names what the probe modules hold."""

from importlib import import_module
from pathlib import Path

import pytest

import SecurityLibrary
from SecurityLibrary import probes
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import QaError

FOLDER = Path(SecurityLibrary.__file__).parent
MODULES = sorted(path.stem for path in (FOLDER / "probes").glob("*.py") if path.stem not in ("__init__", "base"))


def held():
    """Probe ids with module and class, as the modules hold them."""
    for module in MODULES:
        for name, value in vars(import_module(f"SecurityLibrary.probes.{module}")).items():
            own = isinstance(value, type) and issubclass(value, Probe) and value.__module__.endswith(f".{module}")
            if own and "id" in vars(value):
                yield value.id, f"{module}.{name}"


def test_the_registry_names_what_the_modules_hold():
    assert dict(held()) == probes.REGISTRY
    assert [probe.id for probe in probes.load_all()] == list(probes.REGISTRY)


def test_probes_are_chosen_by_id_and_topic_in_scan_order():
    assert [probe.id for probe in probes.chosen(["banner", "CORS "])] == ["cors", "banner"]
    assert {probe.topic for probe in probes.chosen(["transport"])} == {"transport"}
    assert [probe.id for probe in probes.chosen([])] == list(probes.REGISTRY)


@pytest.mark.parametrize("choose", [probes.load, lambda name: probes.chosen([name])])
def test_a_misspelt_probe_is_corrected(choose):
    with pytest.raises(QaError, match="sql-injection"):
        choose("sql-injektion")
