"""What the modules of SecurityLibrary import: no circles, no probe that brings another one."""

import ast
import json
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import SecurityLibrary

LIBRARY = Path(SecurityLibrary.__file__).parent
PROBES = sorted(path.stem for path in (LIBRARY / "probes").glob("*.py") if path.stem not in ("__init__", "base"))
# What attacks, above what a scan stands on.
ATTACKS = ("authentication", "authorization", "exposure", "injection", "limits")
BELOW = ("description", "values", "objects", "identities", "sending", "proof", "discovery", "canaries")
# Imports each module with nothing of the library loaded before, and lists the probe modules that came along.
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


def module_name(path):
    return ".".join(path.relative_to(LIBRARY.parent).with_suffix("").parts).removesuffix(".__init__")


def imported(path, modules):
    """The modules of the library that a file imports, anywhere in it and for types too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from whole & modules or {node.module} & modules


def test_imports_run_in_no_circle_for_types_included():
    files = {module_name(path): path for path in LIBRARY.rglob("*.py")}
    TopologicalSorter({name: set(imported(path, files.keys())) for name, path in files.items()}).prepare()


def test_a_library_or_probe_brings_no_other_probe():
    modules = ["SecurityLibrary", *(f"SecurityLibrary.probes.{module}" for module in PROBES)]
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALONE, json.dumps(modules)],
        env={"PYTHONPATH": str(LIBRARY.parent)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for module, brought in json.loads(done.stdout).items():
        assert set(brought) <= {module, "SecurityLibrary.probes.base"}, module


@pytest.mark.parametrize("module", PROBES)
def test_a_probe_module_imports_no_other_one(module):
    probes = {f"SecurityLibrary.probes.{name}" for name in PROBES}
    assert not set(imported(LIBRARY / "probes" / f"{module}.py", probes))


def test_what_a_scan_stands_on_knows_no_attack():
    above = tuple(f"SecurityLibrary.{package}" for package in (*ATTACKS, "probes"))
    files = {module_name(path): path for path in LIBRARY.rglob("*.py")}
    below = [name for name in files if name.startswith(tuple(f"SecurityLibrary.{package}." for package in BELOW))]
    assert below
    wrong = [f"{name} imports {other}" for name in below for other in imported(files[name], files.keys()) if other.startswith(above)]
    assert wrong == []


def test_each_package_of_the_library_is_known_here():
    packages = {path.parent.name for path in LIBRARY.glob("*/__init__.py")}
    assert packages == {*ATTACKS, *BELOW, "external_tools", "findings", "keywords", "probes"}
