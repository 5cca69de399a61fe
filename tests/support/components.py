"""What a test needs of its machine."""

import os

import pytest


def lacking(what):
    """Skip a test for want of something; fail it where components are required, as in CI."""
    if os.environ.get("THEODORE_REQUIRE_COMPONENTS"):
        pytest.fail(f"required here: {what}")
    pytest.skip(what)
