"""The registry of probes names what the probe modules hold, and loads a probe alone."""

import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import SecurityLibrary
from SecurityLibrary import probes
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import QaError

FOLDER = Path(SecurityLibrary.__file__).parent
MODULES = sorted(path.stem for path in (FOLDER / "probes").glob("*.py") if path.stem not in ("__init__", "base"))
# Imports each module with nothing of the library loaded before, and lists what came along.
IMPORT_ALONE = """\
import importlib, json, sys
brought = {}
for module in json.loads(sys.argv[1]):
    for name in [name for name in sys.modules if name.startswith("SecurityLibrary")]:
        del sys.modules[name]
    importlib.import_module(module)
    brought[module] = [name for name in sys.modules if name.startswith("SecurityLibrary.probes.")]
print(json.dumps(brought))
"""


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


def test_a_library_or_probe_brings_no_other_probe():
    modules = ["SecurityLibrary", *(f"SecurityLibrary.probes.{module}" for module in MODULES)]
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALONE, json.dumps(modules)],
        env={"PYTHONPATH": str(FOLDER.parent)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for module, brought in json.loads(done.stdout).items():
        assert set(brought) <= {module, "SecurityLibrary.probes.base"}, module


@pytest.mark.parametrize("module", MODULES)
def test_a_probe_module_names_no_other_one(module):
    tree = ast.parse((FOLDER / "probes" / f"{module}.py").read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert {name for name in imported if name.startswith("SecurityLibrary.probes")} <= {"SecurityLibrary.probes.base"}


def test_probes_are_chosen_by_id_and_topic_in_scan_order():
    assert [probe.id for probe in probes.chosen(["banner", "CORS "])] == ["cors", "banner"]
    assert {probe.topic for probe in probes.chosen(["transport"])} == {"transport"}
    assert [probe.id for probe in probes.chosen([])] == list(probes.REGISTRY)


@pytest.mark.parametrize("choose", [probes.load, lambda name: probes.chosen([name])])
def test_a_misspelt_probe_is_corrected(choose):
    with pytest.raises(QaError, match="sql-injection"):
        choose("sql-injektion")
