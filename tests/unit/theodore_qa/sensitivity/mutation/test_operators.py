"""Each family of mutants, on a sample of ten lines; and our own operators, by their examples."""

import pytest
from cosmic_ray.mutating import mutate_code

from theodore_qa.sensitivity.mutation.candidates import candidates, FAMILIES
from theodore_qa.sensitivity.mutation.mutant import change
from theodore_qa.sensitivity.mutation.operators import OWN

SAMPLE = '''\
"""Doc."""
MOST = 10
def page(rows, start=0, *, most: int | None = None):
    """Doc."""
    rows = sorted(rows, key=len)
    if start < MOST and not rows:
        raise ValueError("no rows")
    try:
        log(start, most)
        return rows[start : start + 5] if most else rows
    except (KeyError, IndexError):
        return start >= 3
'''
EXPECTED = {
    "boundary": ("if start < MOST and not rows:", "if start <= MOST and not rows:"),
    "constant": ("MOST = 10", "MOST = 11"),
    "default": ("def page(rows, start=0, *, most: int | None = None):", "def page(rows, start= 1, *, most: int | None = None):"),
    "argument": ("log(start, most)", "log(most, start)"),
    "call": ("log(start, most)", "pass"),
    "condition": ("if start < MOST and not rows:", "if not start < MOST and not rows:"),
    "return": ("return start >= 3", "return not (start >= 3)"),
    "exception": ('raise ValueError("no rows")', "pass"),
    "assignment": ("rows = sorted(rows, key=len)", "rows = None"),
    "operator": ("if start < MOST and not rows:", "if start < MOST or not rows:"),
    "string": ('raise ValueError("no rows")', 'raise ValueError("NO ROWS")'),
}


def changes(source, family=None):
    """All changes of a source, with what they are called."""
    found = [(candidate, candidate.mutated(source)) for candidate in candidates("sample.py", source)]
    return [change(source, mutated) for candidate, mutated in found if mutated and family in {None, candidate.family}]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_changes_the_sample(family):
    assert EXPECTED[family] in changes(SAMPLE, family)


def test_a_mutant_differs_in_one_statement_and_is_python():
    for candidate in candidates("sample.py", SAMPLE):
        mutated = candidate.mutated(SAMPLE)
        if mutated:
            compile(mutated, "sample.py", "exec")
            before, _ = change(SAMPLE, mutated)
            assert before.splitlines()[0] == SAMPLE.splitlines()[candidate.line - 1].strip()


def test_limits_of_fields_and_slices_are_boundaries():
    source = (
        "limit: int = Field(default=10, ge=1, le=100)\nclass A:\n    size: int = Field(default=10, le=100)\n    name: str = ''\n"
    )
    assert ("size: int = Field(default=10, le=100)", "size: int = Field(default=10, le= 101)") in changes(source, "boundary")
    assert ("size: int = Field(default=10, le=100)", "size: int = Field(default= 11, le=100)") in changes(source, "default")
    assert ("return rows[start : start + 5] if most else rows", "return rows[start : start + 6] if most else rows") in changes(
        SAMPLE, "boundary"
    )


def test_nothing_is_changed_where_no_run_could_show_it():
    source = '"""Doc."""\nfrom a import b\nif TYPE_CHECKING:\n    c = 1\ndef f(x: int | None) -> int | None:\n    """Doc."""\n'
    assert changes(source) == []


@pytest.mark.parametrize(("name", "example"), [(name, example) for name, kind in OWN.items() for example in kind.examples()])
def test_own_operators_do_as_their_examples_say(name, example):
    assert mutate_code(example.pre_mutation_code, OWN[name](), example.occurrence) == example.post_mutation_code


def test_what_stands_before_a_statement_stays():
    source = "def f():\n    # why\n    g(1)  # how\n"
    assert mutate_code(source, OWN["CallRemoval"](), 0) == "def f():\n    # why\n    pass  # how\n"
