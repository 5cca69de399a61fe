from types import SimpleNamespace

import pytest

from theodore_qa.errors import UsageError
from theodore_qa.systems import vocabulary


def system(folder, name):
    environment = SimpleNamespace(path=folder / "shop.yaml")
    return SimpleNamespace(name="shop", declared=SimpleNamespace(vocabulary=name), folder=folder, environment=environment)


def test_entries_are_found_by_their_path(tmp_path):
    (tmp_path / "words.yaml").write_text("session: {key: 's:{session_id}', seconds: 60}\n")
    words = vocabulary.of(system(tmp_path, "words.yaml"))
    assert (words.needed("session.seconds"), words.get("session.sliding", default=False)) == (60, False)
    with pytest.raises(
        UsageError, match=r"The vocabulary words.yaml has no entry 'session.fields', which is needed here: add it\."
    ):
        words.needed("session.fields")


def test_a_file_that_changes_is_read_anew(tmp_path):
    file = tmp_path / "words.yaml"
    file.write_text("a: 1\n")
    assert vocabulary.of(system(tmp_path, file.name)).get("a") == 1
    file.write_text("a: 22\n")
    import os

    os.utime(file, ns=(1, 1))
    assert vocabulary.of(system(tmp_path, file.name)).get("a") == 22


def test_a_system_without_one_says_what_to_add(tmp_path):
    with pytest.raises(UsageError, match="The system shop names no vocabulary"):
        vocabulary.of(system(tmp_path, ""))
    with pytest.raises(UsageError, match="The vocabulary lost.yaml of shop is not there"):
        vocabulary.of(system(tmp_path, "lost.yaml"))


def test_the_shipped_one_has_what_the_keywords_need(tmp_path):
    words = vocabulary.of(system(tmp_path, "promptcraft.vocabulary.yaml"))
    assert set(words.needed("roles")) == {"admin", "developer", "analyst", "viewer"}
    for name in (
        "operations",
        "sign_on.operation",
        "provider.public_client",
        "refused.text",
        "session.key",
        "tenant_bound.users",
    ):
        assert words.needed(name)
