"""Which failures of other libraries a test has to hear of."""

import pytest

from theodore_qa.observing.swallowing import reason, Swallowing


def ended(*keywords):
    """The failed assertions and the other errors of a test: each keyword is (name, arguments, status, those within it)."""
    swallowing = Swallowing()
    swallowing.start_suite()
    swallowing.start_test()
    for keyword in keywords:
        run(swallowing, *keyword)
    return swallowing.end_test()


def run(swallowing, name, arguments, status, *within):
    swallowing.start_keyword()
    for keyword in within:
        run(swallowing, *keyword)
    swallowing.end_keyword(name, arguments, "1 != 2", status=status, ours=False)


ASSERTION = ("BuiltIn.Should Be Equal", ("1", "2"), "FAIL")


@pytest.mark.parametrize(
    ("name", "arguments", "asserts"),
    [
        ("BuiltIn.Should Be Equal", (), True),
        ("Collections.List Should Contain Value", (), True),
        ("RequestsLibrary.Status Should Be", (), True),
        ("BuiltIn.Fail", (), True),
        ("DatabaseLibrary.Check Row Count", (), True),
        ("Browser.Get Text", ("h1", "==", "Orders"), True),
        ("Browser.Get Text", ("h1",), False),
        ("Browser.Get Text", ("h1", "then", "value"), False),
        ("Browser.Click", ("text=Accept cookies",), False),
        ("OperatingSystem.Get File", ("==",), True),
        ("Shop.Check Stock", (), False),
        ("ShouldLibrary.Open", (), False),
    ],
)
def test_what_is_an_assertion(name, arguments, asserts):
    failed, errors = ended((name, arguments, "FAIL"))
    assert (bool(failed), bool(errors)) == (asserts, not asserts)


@pytest.mark.parametrize(
    ("outer", "arguments", "status", "heard"),
    [
        ("BuiltIn.Run Keyword And Ignore Error", (), "PASS", False),
        ("BuiltIn.Run Keyword And Return Status", (), "PASS", False),
        ("BuiltIn.Wait Until Keyword Succeeds", ("60 s", "1 s"), "PASS", True),
        ("BuiltIn.Wait Until Keyword Succeeds", ("60 s", "1 s"), "FAIL", False),
        ("BuiltIn.Run Keyword And Expect Error", ("1 != 2",), "PASS", True),
        ("BuiltIn.Run Keyword And Expect Error", ("*",), "PASS", False),
        ("BuiltIn.Run Keyword And Expect Error", ("GLOB:*",), "PASS", False),
        ("BuiltIn.Run Keyword And Expect Error", ("1 != *",), "PASS", True),
    ],
)
def test_what_hears_it(outer, arguments, status, heard):
    failed, _ = ended((outer, arguments, status, ASSERTION))
    assert failed == ([] if heard else ["The keyword 'BuiltIn.Should Be Equal' failed and the test went on: 1 != 2."])


def test_only_the_innermost_is_named():
    failed, errors = ended(("BuiltIn.Run Keyword If", (), "FAIL", ASSERTION))
    assert (len(failed), errors) == (1, [])


def test_what_a_setup_of_a_suite_swallowed_concerns_each_of_its_tests():
    swallowing = Swallowing()
    swallowing.start_suite()
    run(swallowing, *ASSERTION)
    for _ in range(2):
        swallowing.start_test()
        assert len(swallowing.end_test()[0]) == 1
    swallowing.end_suite()
    swallowing.start_suite()
    swallowing.start_test()
    assert swallowing.end_test() == ([], [])


@pytest.mark.parametrize(
    ("tags", "why"),
    [((), ""), (("smoke", "expects-failure:bug 17"), "bug 17"), (("Expects-Failure:x",), "x"), (("expects-failure:",), "")],
)
def test_why_a_failure_is_meant(tags, why):
    assert reason(tags) == why
