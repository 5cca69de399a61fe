"""What the tests of promises share."""

import pytest
from recorded import CHECKS, PROMISES

from theodore_qa.promises.declaring import filling_of, promises_of


@pytest.fixture
def written(tmp_path):
    """Write the two files, changed as a test wants them, and read them."""

    def write(promises=("", ""), checks=("", "")):
        (tmp_path / "shop.yaml").write_text(PROMISES.replace(*promises) if promises[0] else PROMISES)
        (tmp_path / "shop.checks.yaml").write_text(CHECKS.replace(*checks) if checks[0] else CHECKS)
        read = promises_of(tmp_path / "shop.yaml")
        return read, filling_of(tmp_path / "shop.checks.yaml", read)

    return write
