"""The site of a canary is served here: published, changed, withdrawn, and with its visits counted."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

from TestDataLibrary import canaries
from TestDataLibrary.canary_server import LOOPBACK
from theodore_qa.canary import site
from theodore_qa.errors import NotEvaluatedError, NotGrantedError, UsageError


@pytest.fixture
def served():
    made = canaries.serve(site.make(7, language="en"), LOOPBACK, published=True)
    yield made
    made.server.close()


def fetched(url):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"User-Agent": "reader"}), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_pages_robots_and_sitemap_are_there(served):
    assert fetched(served.address + "/")[1] == served.site.pages()["/"]
    assert f"Sitemap: {served.address}/sitemap.xml" in fetched(served.address + "/robots.txt")[1]
    assert served.url_of("employee_count") in fetched(served.address + "/sitemap.xml")[1]
    assert fetched(served.address + "/nowhere") == (404, "Not Found")


def test_visits_of_pages_are_counted_from_a_moment_on(served):
    fetched(served.address + "/")
    since = time.monotonic()
    assert served.read_pages(since) == set()
    fetched(served.address + "/robots.txt")
    assert served.read_pages(since) == set()
    fetched(served.url_of("employee_count"))
    assert served.read_pages(since) == {served.site.page_of("employee_count")}
    assert [visit.agent for visit in served.requests(since)] == ["reader", "reader"]


def test_a_change_is_served_and_a_withdrawn_site_is_gone(served):
    _, value = served.change("headquarters")
    assert value in fetched(served.url_of("headquarters"))[1]
    served.set_state(canaries.WITHDRAWN)
    assert fetched(served.address + "/") == (410, "Gone")
    served.set_state(canaries.UNPUBLISHED)
    assert fetched(served.address + "/") == (404, "Not Found")


def test_the_site_ends_with_its_process():
    code = (
        "import sys; from theodore_qa.canary import site; from TestDataLibrary import canaries\n"
        "print(canaries.serve(site.make(1), '127.0.0.1', published=True).address, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code]
    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=libraries())
    address = running.stdout.readline().strip()
    assert fetched(address + "/")[0] == 200
    running.kill()
    running.wait()
    with pytest.raises(urllib.error.URLError):
        fetched(address + "/")


def libraries():
    return Path(canaries.__file__).parent.parent


def test_a_site_elsewhere_can_be_neither_changed_nor_withdrawn():
    elsewhere = canaries.Canary(site.make(7), "https://canary.example.com")
    for change in (lambda: elsewhere.change(None), lambda: elsewhere.set_state(canaries.WITHDRAWN)):
        with pytest.raises(NotEvaluatedError) as caught:
            change()
        assert str(caught.value) == (
            "the site at https://canary.example.com is not served from here: it cannot be changed or withdrawn"
        )


@pytest.mark.parametrize(
    ("text", "message"), [(None, "cannot be read: No such file or directory."), ("{", "is no JSON: "), ("{}", "is not what")]
)
def test_an_unusable_facts_file_is_named(tmp_path, text, message):
    path = tmp_path / "facts.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError) as caught:
        canaries.elsewhere("https://canary.example.com", path)
    assert message in str(caught.value)


def settings(**more):
    return SimpleNamespace(**({"kind": "test", "name": "shop", "hosts": (LOOPBACK,), "path": Path("shop.yaml")} | more))


def test_a_host_has_to_be_listed_and_production_has_no_canary():
    canaries.permit(settings(), LOOPBACK)
    with pytest.raises(NotGrantedError) as caught:
        canaries.permit(settings(), "other.example")
    assert (
        str(caught.value) == "The host other.example of the canary is not among the hosts of shop.yaml (127.0.0.1): add it there."
    )
    with pytest.raises(NotGrantedError, match="The environment shop is production, where no invented company is researched"):
        canaries.permit(settings(kind="production"), LOOPBACK)
