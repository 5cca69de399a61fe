"""A person signs on to PromptCraft in Chromium: by OpenID Connect and by SAML, with a second factor."""

import json
import os

import pytest
from playwright.sync_api import sync_playwright

from theodore_qa import paths
from theodore_qa.systems import environment, second_factor

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture(scope="module")
def platform():
    """The platform's address, and its identity with a second factor."""
    system = environment.load(paths.shipped("variables") / "sandbox.yaml").system("promptcraft")
    before = dict(os.environ)
    running = system.new_sandbox()
    yield running.urls["api"], system.identities["guarded"]
    running.stop()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.parametrize("begin", ["/auth/login", "/auth/saml/login"])
def test_a_person_signs_on_with_a_code_that_counts_once(page, platform, begin):
    url, person = platform
    page.goto(url + begin)
    page.fill("input[name=username]", person.username)
    page.fill("input[name=password]", person.password())
    page.click("button")
    given = second_factor.fresh(person)
    page.fill("input[name=otp]", given)
    page.click("button")
    page.wait_for_url(f"{url}/auth/**")
    session = json.loads(page.inner_text("body"))
    assert (session["user"]["username"], session["user"]["roles"]) == (person.username, ["viewer"])
    page.context.clear_cookies()
    page.goto(url + begin)
    page.fill("input[name=username]", person.username)
    page.fill("input[name=password]", person.password())
    page.click("button")
    page.fill("input[name=otp]", given)
    page.click("button")
    page.wait_for_selector("text=Invalid authenticator code.")
