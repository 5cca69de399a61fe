"""Knowledge of agents: scripts by a clock that is put forward, and where a word is found."""

from datetime import timedelta

import pytest

from PromptCraftLibrary.agents import knowledge
from theodore_qa.errors import QaError


@pytest.fixture
def repository(tmp_path):
    """An agent's folder, and what writes its script."""
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "scripts").mkdir()

    def written(code):
        (tmp_path / knowledge.SCRIPT).write_text(code)
        return tmp_path

    return written


@pytest.mark.parametrize(
    "moment",
    [
        "import time; now = time.time()",
        "from datetime import datetime; now = datetime.now().timestamp()",
        "import datetime; now = datetime.datetime.now(datetime.timezone.utc).timestamp()",
        "import calendar, datetime; now = calendar.timegm(datetime.datetime.utcnow().timetuple())",
    ],
)
def test_a_script_sees_a_later_moment(repository, moment):
    folder = repository(f"{moment}\nopen('knowledge/moment', 'w').write(str(now))")
    moments = []
    for ahead in (timedelta(), timedelta(days=7)):
        knowledge.ingested(folder, ahead)
        moments.append(float((folder / "knowledge/moment").read_text()))
    assert timedelta(days=7) <= timedelta(seconds=moments[1] - moments[0]) < timedelta(days=7, hours=1)


def test_a_script_that_fails_is_said_with_its_last_line(repository):
    folder = repository("raise ValueError('no such source')")
    with pytest.raises(QaError, match="expected exit code 0, observed 1 with ValueError: no such source"):
        knowledge.ingested(folder, timedelta())


def test_a_word_is_found_outside_its_source_alone(repository):
    folder = repository("")
    word = knowledge.changed(folder, "knowledge/facts.md")
    assert knowledge.holding(folder, "knowledge/facts.md", word) == []
    (folder / "knowledge/index.json").write_text(f'["{word}"]')
    assert knowledge.holding(folder, "knowledge/facts.md", word) == ["knowledge/index.json"]
    assert knowledge.changed(folder, "knowledge/facts.md") != word
