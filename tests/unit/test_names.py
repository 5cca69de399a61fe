"""The lint rule about names: it lists each name that says nothing, with the line that gives it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULE = ROOT / "tests" / "lint" / "names.py"


def linted(folder):
    return subprocess.run([sys.executable, RULE, folder], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("one = 1", "one"),
        ("SAID = 1", "SAID"),
        ("with open('orders') as one_, open('rows') as rows: pass", "one_"),
        ("def order(told): pass", "told"),
        ("def order(*, wanted=1): pass", "wanted"),
        ("price = lambda thing: thing.price", "thing"),
        ("def asked(): pass", "asked"),
        ("async def _shown(): pass", "_shown"),
        ("class Stuff: pass", "Stuff"),
        ("order.tmp = 1", "tmp"),
        ("prices = [one.price for one in orders]", "one"),
        ("first, obj = orders", "obj"),
        ("import json as one", "one"),
        ("import csv, json as stuff", "stuff"),
    ],
)
def test_a_name_that_says_nothing_is_listed(tmp_path, code, name):
    file = tmp_path / "shop" / "orders.py"
    file.parent.mkdir()
    file.write_text(f"orders = []\n{code}\n", encoding="utf-8")
    run = linted(tmp_path)
    assert run.stdout == f"{file}:2: '{name}' says nothing: use the noun of what it stands for\n", run.stderr
    assert run.returncode == 1


def test_names_that_say_what_they_stand_for_are_not_listed(tmp_path):
    (tmp_path / "orders.py").write_text(
        "from shop import one\n\n\ndef prices(orders, *, someone=None):\n"
        '    """What one asked."""\n    told_price = one.told(wanted="one")\n    return [order.asked for order in orders], told_price\n',
        encoding="utf-8",
    )
    run = linted(tmp_path)
    assert (run.stdout, run.stderr, run.returncode) == ("", "", 0)


def test_make_lint_applies_the_rule_to_libraries_and_tests():
    _, _, rest = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nlint:")
    recipe, _, _ = rest.partition("\n\n")
    assert f"{RULE.relative_to(ROOT)} libraries tests\n" in f"{recipe}\n"
