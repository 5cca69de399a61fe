"""Modules that are loaded when something of them is first used, as by the lazy imports of Python 3.15.

Robot reads every keyword of a Library when a suite imports it, and needs the components and the types of their arguments for
that. Most of the engines behind them are never called by that suite.
"""

from __future__ import annotations

import sys
import threading
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec

KEPT = ("__class__", "__spec__")  # what the import system and isinstance ask of a module that nobody uses yet


def defer_modules(package: str) -> None:
    """Load the modules of a package when they are first used, but for the keyword components of a Library.

    ``from package import module`` defers; ``from package.module import name`` uses the module and loads it at once.

    Args:
        package: The package's name; its subpackages are loaded as ever, and the modules in them are deferred.
    """
    sys.meta_path.insert(0, _Finder(package))


class _Finder:
    """Finds the modules of one package."""

    def __init__(self, package: str) -> None:
        self._prefix = f"{package}."
        self._components = f"{package}.keywords."

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module as it is found anyway, with a loader that waits; None for other modules, and for packages."""
        if not fullname.startswith(self._prefix) or fullname.startswith(self._components):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None or spec.submodule_search_locations is not None:
            return spec
        spec.loader = _Deferring(spec.loader)  # type: ignore[assignment]  # importlib.abc takes time to import
        return spec


class _Deferring:
    """Leaves the code of a module to its first use, which other threads wait for."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._lock = threading.RLock()
        self._begun = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)  # the source, the code and the file, for inspect and coverage

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """The module as its own loader makes it."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Let the module wait."""
        module.__class__ = _Deferred

    def load(self, module: ModuleType) -> None:
        """Run the code of the module, once; what it asks of itself meanwhile is answered by what it has so far."""
        with self._lock:
            if self._begun:
                return
            self._begun = True
            try:
                self._loader.exec_module(module)
            except BaseException:
                self._begun = False
                raise
            module.__class__ = ModuleType


class _Deferred(ModuleType):
    """A module whose code waits for its first use."""

    def __getattribute__(self, name: str) -> Any:
        if name not in KEPT:
            ModuleType.__getattribute__(self, "__spec__").loader.load(self)
        return ModuleType.__getattribute__(self, name)
