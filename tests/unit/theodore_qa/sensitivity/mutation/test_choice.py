"""Which mutants are drawn: one of each line and family, strings last, none that only a defect shows, none judged equivalent."""

import pytest

from theodore_qa import paths
from theodore_qa.errors import UsageError
from theodore_qa.sensitivity.mutation import equivalents, mutant
from theodore_qa.sensitivity.mutation.choice import draw
from theodore_qa.sensitivity.mutation.equivalents import checked, Judgement
from theodore_qa.sensitivity.mutation.healthy_code import normal_form, only_for_defects

SOURCE = """\
LEAST = 3
WEAK = "secret"


def allowed(size, name):
    key = WEAK if defects.on("weak-key") else name
    open_here = name and defects.on("open")
    if size < LEAST and not defects.on("small") and not open_here:
        return False
    if defects.on("logged"):
        log(name)
    return key
"""


def drawn(count, seed, source=SOURCE, **options):
    return draw({"code.py": source}, count, seed, **options)


def test_each_line_and_family_is_drawn_once_and_strings_last():
    found = drawn(1000, 7).mutants
    keys = [(mutant.candidate.line, mutant.candidate.family) for mutant in found]
    assert len(set(keys)) == len(keys)
    families = [mutant.candidate.family for mutant in found]
    assert "string" not in families[: len(families) - families.count("string")]
    assert {"boundary", "constant", "condition", "return", "operator"} <= set(families)


def test_a_draw_repeats_with_its_seed_and_a_smaller_one_is_its_beginning():
    ids = [mutant.id for mutant in drawn(9, 7).mutants]
    assert [mutant.id for mutant in drawn(9, 7).mutants] == ids
    assert [mutant.id for mutant in drawn(4, 7).mutants] == ids[:4]
    assert [mutant.id for mutant in drawn(9, 8).mutants] != ids


def test_what_only_a_defect_does_is_not_drawn():
    lines = {mutant.candidate.line for mutant in drawn(1000, 7).mutants}
    assert lines.isdisjoint({2, 11})
    assert 8 in lines


def test_only_the_lines_that_are_asked_for_are_changed():
    assert {mutant.candidate.line for mutant in drawn(1000, 7, within=lambda _, line: line == 8).mutants} == {8}


def test_a_judged_equivalent_is_passed_over_with_its_reason():
    first = drawn(1, 7).mutants[0]
    key = (first.candidate.file, first.candidate.operator, *first.change)
    again = drawn(1, 7, equivalents={key: "nobody sees it"})
    assert [(mutant.id, reason) for mutant, reason in again.equivalents] == [(first.id, "nobody sees it")]
    assert again.mutants[0].id != first.id


def test_two_sources_do_the_same_if_they_differ_in_a_defect_only():
    unused = only_for_defects([SOURCE])
    assert unused == {"WEAK"}
    healthy = normal_form(SOURCE, unused)
    same = ['"secret"', '"weak-key"', "log(name)", 'defects.on("logged")']
    for text in same:
        assert normal_form(SOURCE.replace(text, "name" if "(" not in text else "defects.on(1)"), unused) == healthy, text
    for text, other in (("size < LEAST", "size <= LEAST"), ("else name", "else None"), ("and not open_here", "and open_here")):
        assert normal_form(SOURCE.replace(text, other), unused) != healthy, text


def test_the_switch_of_the_command_line_is_one_of_defects():
    line = 'rows = read()\nif switches.on("last-line-dropped"):\n    rows.pop()\n'
    assert normal_form(line) == normal_form(line.replace('"last-line-dropped"', "None")) == normal_form("rows = read()\n")


JUDGEMENT = Judgement("code.py", "LEAST = 3", "LEAST = 4", "cosmic-ray/NumberReplacer", "a reason")


def test_a_judgement_that_fits_no_mutant_is_an_error():
    assert checked([JUDGEMENT], {"code.py": SOURCE}) == {JUDGEMENT.key: "a reason"}
    with pytest.raises(UsageError, match="'LEAST = 3' of code.py by cosmic-ray/NumberReplacer fits no mutant of the source"):
        checked([JUDGEMENT], {"code.py": SOURCE.replace("LEAST = 3", "LEAST = 5")})


@pytest.mark.parametrize(
    "entry", ["{path: a, line: b, becomes: c, operator: d}", "{path: a, line: b, becomes: c, operator: d, reason: ' '}"]
)
def test_a_judgement_gives_a_reason(tmp_path, entry):
    file = tmp_path / "equivalents.yaml"
    file.write_text(f"equivalents:\n  - {entry}\n")
    with pytest.raises(UsageError, match="Entry 1 of equivalents.yaml must have the texts path, line, becomes, operator, reason"):
        equivalents.read(file)


def test_the_judgements_in_the_tree_fit_the_sandbox():
    entries = equivalents.read()
    assert len(checked(entries, mutant.sources(paths.package("theodore_sandbox"), mutant.EVERYTHING))) == len(entries) > 0


def test_a_pattern_that_fits_a_folder_takes_none_but_python_files():
    files = mutant.sources(paths.package("theodore_sandbox"), ["cli/*", "promptcraft/*"])
    assert "cli/output.py" in files
    assert {file.rpartition(".")[2] for file in files} == {"py"}


def test_the_sources_are_theodores_and_no_double_is_among_them():
    names = set(mutant.handlers(paths.package("theodore_sandbox"), "theodore"))
    assert {
        "theodore/api/auth.py",
        "theodore/pipeline/jobs.py",
        "theodore/models.py",
        "theodore/store.py",
        "common/serving.py",
    } <= names
    assert not any(name.startswith(("dependencies/", "defects/", "__main__")) for name in names)


def test_of_another_system_its_own_handlers_are_mutated_and_not_the_provider_that_it_stands_on():
    names = set(mutant.handlers(paths.package("theodore_sandbox"), "promptcraft"))
    assert {"promptcraft/access.py", "promptcraft/api/workflows.py", "common/serving.py"} <= names
    assert not any(name.startswith(("theodore/", "promptcraft/provider/", "promptcraft/services")) for name in names)
