"""Which tests patterns of tags take: the same as in Robot's ``--include``."""

from itertools import combinations

import pytest
from robot.model import TagPatterns

from theodore_qa.readiness.located import LocatedTest

TAGS = ("scenario:Tenant_Isolation", "area:a b", "gate:x", "control:SOC2-CC6.1", "none", "check:performance")
PATTERNS = (
    "scenario:tenantisolation", "AREA:AB", "gate: X", "control:soc2-*", "*", "none", "", "gate:xANDarea:ab", "gate:x AND check:*",
    "gate:xORarea:ab", "gate:xNOTarea:ab", "gate:?", "gate:[xy]", "missing", "gate:xANDmissing",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_takes_what_robot_takes(pattern):
    for tags in (pair for number in range(3) for pair in combinations(TAGS, number)):
        taken = LocatedTest(("a.robot", 1, "A"), "e2e/a.robot", tags, "PASS").has([pattern])
        assert taken == bool(TagPatterns([pattern]).match(tags)), (pattern, tags)
