"""Where the identity provider of an embedded system runs."""

import pytest

from theodore_qa import sandbox
from theodore_qa.systems.declared import SignIn, SystemEntry


@pytest.mark.parametrize(
    ("issuer", "elsewhere"),
    [
        ("https://id.example.test/realms/a/", "https://id.example.test/realms/a"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("/realms/promptcraft", ""),
        ("", ""),
        ("ftp://id.example.test", ""),
        ("httpx", ""),
    ],
)
def test_a_provider_runs_elsewhere_if_its_address_is_whole(issuer, elsewhere):
    assert sandbox.elsewhere(SystemEntry(url="embedded", sign_in=SignIn(issuer=issuer))) == elsewhere


def test_a_system_without_a_sign_in_has_none():
    assert sandbox.elsewhere(SystemEntry(url="embedded")) == ""
