"""Forms as a browser sends them: their fields, and of their buttons the one that a person presses who goes on."""

import pytest

from theodore_qa.systems import forms


def sent(inner):
    (form,) = forms.forms_of(f'<form method="post" action="/x"><input type="hidden" name="csrf" value="1">{inner}</form>')
    return form.values


@pytest.mark.parametrize(
    ("buttons", "values"),
    [
        ("<button>Sign In</button>", {}),
        ('<button name="logout" value="yes">Yes</button>', {"logout": "yes"}),
        (  # as PyPI canaille has them
            '<button name="answer" type="submit" value="stay">Stay</button><button name="answer" value="logout">Out</button>',
            {"answer": "logout"},
        ),
        (  # as Keycloak has them, which takes a button by its name
            '<input name="cancel" type="submit" value="No"><input name="accept" type="submit" value="Yes">',
            {"accept": "Yes"},
        ),
        ('<button name="answer" value="decline">No</button><button name="answer" value="2">2</button>', {"answer": "2"}),
        ('<button name="do" value="cancel">Cancel</button>', {"do": "cancel"}),
        ('<button name="a" value="1">1</button><button name="b" value="2">2</button>', {"a": "1"}),
        ('<button type="button" name="menu" value="1">Menu</button><button type="reset" name="r" value="1">R</button>', {}),
    ],
)
def test_one_button_is_sent(buttons, values):
    assert sent(buttons) == {"csrf": "1", **values}


def test_what_is_not_ticked_is_not_sent():
    assert sent('<input type="checkbox" name="a" value="1"><input type="checkbox" name="b" value="2" checked>') == {
        "csrf": "1",
        "b": "2",
    }


def test_a_button_before_all_forms_is_of_none():
    assert forms.forms_of("<button name=a value=1>x</button>") == []
