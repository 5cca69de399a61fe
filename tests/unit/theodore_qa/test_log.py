"""Tables in the log."""

from theodore_qa import log


def test_tables_are_escaped_and_capped():
    html = log.table("<t>", ("<h>",), [("<script>",)] * 40)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "… and 10 more of 40 rows" in html
