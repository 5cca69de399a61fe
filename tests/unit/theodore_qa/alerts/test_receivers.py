"""The file of receivers: whatever is wrong with it stops the run before it begins."""

import pytest

from theodore_qa.alerts import receivers
from theodore_qa.errors import UsageError
from theodore_qa.redaction.secrets import redact


def read(tmp_path, text):
    path = tmp_path / "alerts.yaml"
    path.write_text(text)
    return receivers.read(path)


def test_all_kinds_are_read_and_their_secrets_known(tmp_path, monkeypatch):
    monkeypatch.setenv("HOOK", "http://127.0.0.1/secret-path-of-the-hook")
    found = read(
        tmp_path,
        """
alerts:
  - {name: hook, kind: webhook, url_env: HOOK, secret_env: KEY, within: 2 s}
  - {name: chat, kind: slack, url_env: HOOK, about: [failure, incomplete]}
  - {name: mail, kind: email, server: "localhost:25", tls: none, from: a@example.com, to: [b@example.com]}
  - {name: ci, kind: github}
""",
    )
    assert [(receiver.name, receiver.about, receiver.within) for receiver in found] == [
        ("hook", ("regression", "gate", "aborted"), 2.0),
        ("chat", ("failure", "incomplete"), 10.0),
        ("mail", ("regression", "gate", "aborted"), 10.0),
        ("ci", ("regression", "gate", "aborted"), 10.0),
    ]
    assert (found[2].sender, found[2].recipients) == ("a@example.com", ("b@example.com",))
    assert "secret-path" not in redact("sent to http://127.0.0.1/secret-path-of-the-hook")
    assert receivers.read(None) == ()


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("{name: a, kind: webhook}", "lacks url_env, which kind webhook needs."),
        ("{name: a, kind: email, server: 'h:25'}", "lacks from, to, which kind email needs."),
        ("{name: a, kind: slack, url_env: U, secret_env: S}", "has secret_env, which kind slack does not use: take it out."),
        ("{name: a, kind: github, url_env: U}", "has url_env, which kind github does not use"),
        ("{name: a, kind: pager}", "pager"),
        ("{name: a, kind: github, about: [gates]}", "gates"),
        ("{name: a, kind: github, about: []}", "about"),
        ("{name: ../a, kind: github}", "a name of small letters"),
        ("{name: a, kind: webhook, url: 'http://x'}", "url"),
        ("{name: a, kind: webhook, url_env: U, within: soon}", "a duration such as 10 s"),
        ("{name: a, kind: email, server: host, from: a@b, to: [c@d]}", "a host and port"),
        ("{name: a, kind: github}, {name: a, kind: github}", "have the name a: give each its own."),
    ],
)
def test_what_is_wrong_is_printed(tmp_path, entry, sentence):
    with pytest.raises(UsageError) as error:
        read(tmp_path, f"alerts: [{entry}]\n")
    assert sentence in str(error.value)


@pytest.mark.parametrize("text", ["", "alerts:\n", "alert: []\n", "alerts: {}\n", "- a\n"])
def test_a_file_that_is_none_is_an_error(tmp_path, text):
    with pytest.raises(UsageError):
        read(tmp_path, text)
