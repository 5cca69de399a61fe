"""What unit tests share."""

import pytest

from theodore_qa.observing.observations import recorder


@pytest.fixture
def observed():
    """A suite in which something was exchanged, and a keyword that checks it."""
    recorder.enter_suite()
    recorder.exchanged()
    with recorder.calling("a keyword", []):
        yield
    recorder.leave_suite()
