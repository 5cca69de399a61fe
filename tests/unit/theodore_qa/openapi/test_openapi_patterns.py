"""Patterns as ECMAScript means them, and texts that match them."""

import re

import pytest

from theodore_qa.openapi import NotUnderstood, patterns


@pytest.mark.parametrize(
    ("pattern", "found", "missing"),
    [
        ("b", ["abc"], ["ac"]),
        ("^a$", ["a"], ["a\n", "ba"]),
        ("a|bc", ["a", "bc"], ["b"]),
        (r"^\d$", ["5"], ["٣"]),
        (r"^\w\W$", ["a-", "aé"], ["é-"]),
        (r"^\s\S$", ["\ufeffa", "\u00a0a"], ["ab"]),
        (r"^\D$", ["a"], ["1"]),
        ("^.$", ["a", "é"], ["\n", "\u2028"]),
        (r"\bé", [], ["é", " é"]),
        (r"a\b", ["a é", "aé"], ["ab"]),
        (r"a\B", ["ab"], ["a"]),
        ("^[^a]$", ["\n", "b"], ["a"]),
        ("^[^]$", ["\n"], [""]),
        ("[]", [], ["", "a"]),
        ("[[a]]", ["a]", "[]"], ["a"]),
        ("^[&&a]+$", ["&a"], ["b"]),
        ("^[a||c~~]+$", ["a|c", "~"], ["d"]),
        (r"^[\w-.]+$", ["a-b.c"], ["a b"]),
        ("^[a-]$", ["-"], ["b"]),
        (r"^[\b]$", ["\b"], ["b"]),
        (r"^[\d\D]$", ["a"], [""]),
        (r"^[^\W]$", ["a"], ["-"]),
        (r"^\/\-\.$", ["/-."], []),
        (r"^\^\$\|$", ["^$|"], ["", "|"]),
        (r"[\^\$]", ["^", "$"], [""]),
        (r"^\cJ\x41\u0042\u{43}\0$", ["\nABC\0"], []),
        (r"^\uD83D\uDE00$", ["😀"], []),
        (r"^[\u{1F600}-\u{1F64F}]$", ["😀"], ["a"]),
        (r"^[\000-\037]$", ["\x1f"], [" "]),
        (r"^\p{Lu}\P{L}[\p{Script=Greek}]$", ["A1λ"], ["a1λ"]),
        (r"^(a|b)\1$", ["aa", "bb"], ["ab"]),
        (r"^(?<x>a|b)(?:c)\k<x>$", ["aca"], ["acb"]),
        (r"^(?=.*\d)(?!x)a", ["a1"], ["a", "x1a"]),
        (r"(?<=a)b(?<!c)", ["ab"], ["cb"]),
        ("^a{2,3}b{2}c{1,}$", ["aabbc"], ["abbc", "aabc"]),
        ("^a{x}$", ["a{x}"], ["aa"]),
        ("^a{e<=1}$", ["a{e<=1}"], ["b"]),
        ("^a+?b*?c??$", ["ab"], ["b"]),
        ("^}]$", ["}]"], []),
        ("(?i)^ab$", ["AB"], ["ac"]),
        (r"\A\d\z", ["1"], ["1\n"]),
        ("^[一-龥]$", ["中"], ["a"]),
        ("", ["", "a"], []),
    ],
)  # fmt: skip
def test_patterns_mean_what_ecmascript_says(pattern, found, missing):
    read = patterns.compiled(pattern)
    assert [text for text in found if not read.found_in(text)] == []
    assert [text for text in missing if read.found_in(text)] == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "a '(' without its ')'"),
        ("(?=a", "a '(' without its ')'"),
        ("a)", "a ')' without its '(' at position 1"),
        ("[a", "it ends too early"),
        ("\\", "it ends too early"),
        ("*a", "nothing to repeat before position 1"),
        ("a**", "nothing to repeat before position 3"),
        ("a{2,1}", "{2,1} has its bounds in the wrong order"),
        ("a{,3}", "a quantifier lacks its lower bound"),
        ("[b-a]", "the range 'b-a' is in the wrong order"),
        (r"\q", r"an unknown escape '\q' at position 1"),
        (r"[\q]", r"an unknown escape '\q' at position 2"),
        ("(?m)^a", "an unknown kind of group at position 1"),
        ("(?<1>a)", "an unknown kind of group at position 1"),
        (r"\p{Nope}", "unknown property"),
        (r"\2", "invalid group reference"),
        ("(" * 5000, "it nests too deep"),
        ("((a{1000}){1000}){1000}", "{1000} asks for more than 100000 characters"),
        ("(?=a{1000}){1000}", "{1000} asks for more than 100000 characters"),
        ("^a{9999999999}$", "{9999999999} asks for more than 100000 characters"),
    ],
)
def test_what_is_no_pattern_is_not_understood(pattern, reason):
    with pytest.raises(NotUnderstood, match=re.escape(reason)) as refused:
        patterns.compiled(pattern)
    assert str(refused.value).startswith(f"'{pattern[:120]}' is no pattern of ECMAScript: ")


def test_a_pattern_that_takes_too_long_is_not_understood():
    with pytest.raises(NotUnderstood, match=re.escape("the pattern '^(a|aa)+$' takes more than 0.5 s for 'aaaa")):
        patterns.compiled("^(a|aa)+$").found_in("a" * 80 + "b")


@pytest.mark.parametrize(
    ("pattern", "least", "most"),
    [
        (r"^\d{3}-\d{4}$", 0, 100),
        ("^[a-z]+$", 10, 12),
        ("[a-z]", 5, 5),
        ("^(?=.*[A-Z])(?=.*[a-z])(?=.*\\d)(?=.*[!@#$])[A-Za-z\\d!@#$]{8,}$", 0, 100),
        (r"[\u0009\u000A\u000D\u0020-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]{1,1024}", 0, 1024),
        (r"^(a|b)\1(?<x>c|d)\k<x>$", 0, 100),
        (r"^(?!foo)[a-z]{3}$", 3, 3),
        ("^a{2}$|^b{3,}$", 3, 9),
        (r"^\p{Lu}\p{Ll}*$", 4, 8),
        (r"^[^\s<>]*@[^\s]+$", 3, 40),
        (r"^[\x00-\x1f]$", 0, 9),
        ("^$", 0, 0),
        ("^.{1000}$", 0, 1000),
        (r"^arn:(aws|aws-cn):[a-z]+:\d{12}:(?:[\w+=,.@-]{1,64}/)?x$", 0, 200),
    ],
)
def test_texts_match_their_pattern(pattern, least, most):
    read = patterns.compiled(pattern)
    made = read.sample(least, most)
    assert made is not None
    assert read.found_in(made)
    assert least <= len(made) <= most
    assert read.sample(least, most) == made


@pytest.mark.parametrize("pattern", ["((a{10}){100}){100}", "^.{50000}$", "[]", "(?!)", "^a$b", "(?=a)b"])
def test_no_text_is_made_where_there_is_none_or_a_long_one(pattern):
    assert patterns.compiled(pattern).sample() is None


def test_texts_differ_by_their_number():
    read = patterns.compiled("^[a-z]{8}$")
    assert len({read.sample(nth=number) for number in range(20)}) == 20
