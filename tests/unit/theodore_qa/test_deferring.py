import inspect
import sys
import threading
import types

import pytest

from theodore_qa import deferring

SOURCE = """\
import deferred_sample
deferred_sample.runs.append(__name__)
VALUE = 7
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package whose modules are deferred: an engine, one that fails, a component and a subpackage."""
    for folder in ("", "keywords", "more"):
        (tmp_path / "deferred_sample" / folder).mkdir(parents=True, exist_ok=True)
    root = tmp_path / "deferred_sample"
    root.joinpath("__init__.py").write_text("runs = []\n")
    root.joinpath("failing.py").write_text(f"{SOURCE}if len(deferred_sample.runs) == 1:\n    raise OSError('no disk')\n")
    for path in ("engine.py", "keywords/__init__.py", "keywords/topic.py", "more/__init__.py", "more/part.py"):
        root.joinpath(path).write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    deferring.defer_modules("deferred_sample")
    import deferred_sample

    yield deferred_sample
    for name in [name for name in sys.modules if name.partition(".")[0] == "deferred_sample"]:
        del sys.modules[name]


def test_a_module_runs_once_and_when_it_is_first_used(package):
    from deferred_sample import engine

    assert package.runs == []
    assert [engine.VALUE, engine.VALUE] == [7, 7]
    assert package.runs == ["deferred_sample.engine"]
    assert type(engine) is types.ModuleType


def test_a_name_of_a_module_loads_it_at_once(package):
    from deferred_sample.engine import VALUE

    assert VALUE == 7
    assert package.runs == ["deferred_sample.engine"]


def test_components_and_packages_are_loaded_as_ever(package):
    from deferred_sample.keywords import topic
    from deferred_sample.more import part

    assert package.runs == ["deferred_sample.keywords", "deferred_sample.keywords.topic", "deferred_sample.more"]
    assert [topic.VALUE, part.VALUE] == [7, 7]


def test_what_is_not_there_is_missed_at_the_import(package):
    with pytest.raises(ImportError, match="cannot import name 'missing' from 'deferred_sample'"):
        from deferred_sample import missing  # noqa: F401
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'deferred_sample\.missing'"):
        import deferred_sample.missing  # noqa: F401
    assert package.runs == []


def test_a_module_that_failed_is_tried_again(package):
    from deferred_sample import failing

    with pytest.raises(OSError, match="no disk"):
        _ = failing.VALUE
    assert failing.VALUE == 7
    assert package.runs == ["deferred_sample.failing"] * 2


def test_a_thread_waits_for_a_module_that_another_one_loads(package):
    from deferred_sample import engine

    class Runs(list):
        def append(self, name):
            begun.set()
            assert go_on.wait(60)
            super().append(name)

    begun, go_on, values = threading.Event(), threading.Event(), []
    package.runs = Runs()
    first, second = (threading.Thread(target=lambda: values.append(engine.VALUE)) for _ in range(2))
    first.start()
    assert begun.wait(60)
    second.start()
    assert values == []
    go_on.set()
    first.join(60)
    second.join(60)
    assert values == [7, 7]
    assert package.runs == ["deferred_sample.engine"]


def test_the_source_of_a_module_is_known(package):
    from deferred_sample import engine

    assert inspect.getsource(engine) == SOURCE
