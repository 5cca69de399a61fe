"""What of an answer is sensitive, and which operations hand out tokens."""

import pytest

from SecurityLibrary.exposure.sensitive_data import found_in, GIVING

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJlLW9mLWEtdG9rZW4"


@pytest.mark.parametrize(
    ("operation", "gives"),
    [
        ("POST /login", True),
        ("PUT /me/password", True),
        ("POST /change-passwords", True),
        ("GET /me/password", False),
        ("GET /orders", False),
        ("POST /orders", False),
    ],
)
def test_a_change_of_a_password_hands_out_a_token_as_a_sign_in_does(operation, gives):
    assert bool(GIVING.search(operation)) == gives


def test_a_token_that_nobody_asked_for_is_found():
    assert list(found_in(f'{{"note": "{TOKEN}"}}')) == ["token"]
    assert found_in(f'{{"note": "{TOKEN}"}}', tokens=False) == {}
