"""Texts that are formats or templates of whoever sends them: Python's, C's, and languages that compute nothing."""

import re

import pytest
import services

PLACE = "POST /labels body pattern"


class Find:
    def __init__(self):
        self.title, self.layer = "Comb", 3


def python_format(pattern):
    return pattern.format(find=Find())


def positional(pattern):
    return pattern.format(Find())


def own_names(pattern):
    return re.sub(r"\{find\.(title|layer)\}", lambda found: str(getattr(Find(), found[1])), pattern)


def only_plain(pattern):
    """A format that takes no attributes but its own: braces are doubled as in any."""
    if re.search(r"\{[^{}]*__", pattern):
        raise ValueError(pattern)
    return pattern.format(find=Find())


def c_format(pattern):
    return pattern % ()


def liquid(pattern):
    def product(found):
        first, second = re.fullmatch(r"\s*(\d+) \| times: (\d+)\s*", found[1]).groups()
        return str(int(first) * int(second))

    return re.sub(r"\{\{(.*?)\}\}", lambda found: product(found) if "times" in found[1] else "", pattern)


def go(pattern):
    def length(found):
        match = re.fullmatch(r'len "(\w*)"', found[1])
        if match is None:
            raise ValueError(pattern)
        return str(len(match[1]))

    return re.sub(r"\{\{(.*?)\}\}", length, pattern)


@pytest.mark.parametrize(
    ("fill", "example", "observed"),
    [
        (python_format, "{find.title}", "the value is a format string of Python"),
        (python_format, "Comb", "the value is a format string of Python"),
        (positional, "Comb", "the value is a format string of Python"),
        (own_names, "{find.title}, layer {find.layer}", ""),
        (only_plain, "{find.title}", ""),
        (c_format, "Comb", "the value is a format string: a doubled per cent sign"),
        (liquid, "Comb", "a template in the value is carried out"),
        (go, "Comb", "a template in the value is carried out"),
        (str, "Comb", ""),
        (str.upper, "Comb", ""),
    ],
)
def test_a_text_is_no_format_of_its_sender(fill, example, observed):
    async def label(request):
        pattern = str((await request.json()).get("pattern"))
        if re.search("[0-9]{7}", pattern):
            return services.JSONResponse({"error": "pattern is not valid"}, 422)
        try:
            return services.JSONResponse({"label": fill(pattern)})
        except (LookupError, ValueError, AttributeError, TypeError):
            return services.JSONResponse({"error": "pattern is not valid"}, 422)

    rows = [{"operation": "POST /labels", "public": True, "body": {"pattern": example, "find": "7"}}]
    if example == "Comb":
        rows[0]["operation"] = "POST /finds/7/labels" if fill is python_format else "POST /labels"
    application = services.app(("POST", "/labels", label), ("POST", "/finds/7/labels", label))
    with services.serving(application) as url:
        scan = services.scanned(services.target(url, rows), "template-injection", allow_changes=True, seed=3)
    seen = [finding.observed for finding in scan.findings if finding.location.endswith("body pattern")]
    assert len(seen) == bool(observed), seen
    assert all(text.startswith(observed) for text in seen), seen
    assert len(scan.coverage["template-injection"].tried) == 3
