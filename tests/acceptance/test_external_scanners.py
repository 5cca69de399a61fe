"""The real scanners of others, on fixtures with and without what they look for."""

import pytest
import services
from weak_tls import tls_server

from SecurityLibrary.external_tools import external_scanners
from theodore_qa.errors import UsageError


@pytest.mark.needs("testssl")
def test_the_real_testssl(tmp_path):
    with tls_server(tmp_path, {"old"}) as (url, authority):
        found = {finding.probe: finding for finding in external_scanners.testssl(url, 1500, str(authority), ["protocols"])}
    assert {"testssl-TLS1", "testssl-TLS1_1"} <= found.keys()
    assert all(finding.tool == "testssl" and finding.locations == (url,) for finding in found.values())


@pytest.mark.needs("sqlmap")
@pytest.mark.parametrize(("kind", "found"), [("errors", True), ("good", False)])
def test_the_real_sqlmap(kind, found):
    with services.serving(services.sql(kind)) as url:
        assert bool(external_scanners.sqlmap(f"{url}/items?name=pen", {"Authorization": "Bearer t"}, 1500)) is found


def test_a_check_that_testssl_does_not_have_is_refused():
    with pytest.raises(UsageError, match="There is no check of testssl 'protocol': did you mean 'protocols'"):
        external_scanners.testssl("https://127.0.0.1:1", 1, None, ["protocol"])
