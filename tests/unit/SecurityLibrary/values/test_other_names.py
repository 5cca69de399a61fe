"""Objects that are named by other properties than parameters say."""

from SecurityLibrary.objects.identifiers import identifier_in
from SecurityLibrary.values import other_names


def test_styles_of_names_are_one():
    assert identifier_in({"id": 5, "orderNo": "A-7"}, "order_no") == "A-7"
    assert list(other_names.called({"data": [{"quote-token": "x"}]}, "quoteToken")) == ["x"]
    assert [name for name, _ in other_names.values({"sum": 5, "code": "K", "on": "2031-02-03"})] == ["code", "sum"]
