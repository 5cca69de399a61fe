"""How to reach whoever wrote, sells or ordered something: shown to others, in an object of its own or beside a name."""

import pytest

from SecurityLibrary.exposure import private_data
from theodore_qa.systems.declared import SignIn
from theodore_qa.systems.identities import Identity

ALICE, BOB = (Identity(name=name, username=name, way=SignIn()) for name in ("alice", "bob"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([{"id": 1, "author": {"nickname": "bob", "email": "b@x.example", "phone": "+44 1"}}], {"email", "phone"}),
        ({"data": [{"id": 1, "author": "bob", "author_email": "b@x.example", "text": "fine"}]}, {"author_email"}),
        ([{"id": 1, "reviewer": "bob", "reviewerPhone": "+44 1"}], {"reviewerPhone"}),
        ([{"author": "bob@x.example"}, {"author": "eve@x.example"}], {"author"}),
        ([{"author": "alice@x.example"}], set()),
        ([{"author": {"nickname": "alice", "email": "a@x.example", "phone": "+44 1"}}], set()),
        ([{"author": {"nickname": "bob"}}], set()),
        ([{"id": 1, "author": "bob", "text": "fine"}], set()),
        ([{"shop": {"name": "bob", "phone": "+44 1"}}], set()),
    ],
)
def test_how_to_reach_writers(body, expected):
    private, reaching = private_data.of_others(body, ALICE, [ALICE, BOB])
    assert (private, reaching) == (set(), expected)


def test_anybody_is_shown_how_to_reach_a_writer():
    body = {"reviews": [{"stars": 5, "author": {"username": "bob", "phone": "+44 1"}}, {"stars": 4, "author": {"username": "bob"}}]}
    assert private_data.of_anybody(body, [ALICE, BOB])[1] == {"phone"}
