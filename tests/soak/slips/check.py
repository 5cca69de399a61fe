"""Checks the slips: each ``before`` occurs exactly once in its file, and the changed file compiles. Exit code 1 if not."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent
LIBRARIES = FOLDER.parents[2] / "libraries"
FIELDS = {"id", "area", "promise", "file", "before", "after", "seen_by", "suite"}
SUITES = {"e2e", "security", "tenants", "cli", "quality", "chaos"}


def problem(slip: dict[str, str]) -> str:  # noqa: PLR0911  # one line a problem
    """What is wrong with a slip; empty if nothing."""
    if set(slip) != FIELDS or not all(isinstance(value, str) for value in slip.values()):
        return f"its fields are {', '.join(sorted(slip))}"
    if slip["suite"] not in SUITES:
        return f"there is no suite {slip['suite']}"
    path = LIBRARIES / slip["file"]
    if not path.is_file():
        return f"{slip['file']} is not there"
    text = path.read_text(encoding="utf-8")
    if (times := text.count(slip["before"])) != 1:
        return f"its text occurs {times} times in {slip['file']}"
    changed = text.replace(slip["before"], slip["after"])
    if changed == text:
        return "it changes nothing"
    try:
        compile(changed, slip["file"], "exec")
    except SyntaxError as error:
        return f"{slip['file']} does not compile with it: {error}"
    return ""


def main() -> int:
    """Check all lists and say what is wrong."""
    seen: set[str] = set()
    wrong = 0
    for file in sorted(FOLDER.glob("*.yaml")):
        slips = yaml.safe_load(file.read_text(encoding="utf-8"))
        for slip in slips:
            name = str(slip.get("id"))
            found = "its id is there twice" if name in seen else problem(slip)
            seen.add(name)
            if found:
                wrong += 1
                sys.stdout.write(f"{file.name}: {name}: {found}\n")
        sys.stdout.write(f"{file.name}: {len(slips)} slips\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
