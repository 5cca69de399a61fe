"""Proposals, nights and hours of an observatory: Koa, random tokens; each answer takes 150 to 400 ms, as the dome is far away. This file starts it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import node

WEAKNESSES = [
    "filter-deep", "night-pattern", "frames-open", "voucher-race", "transfer-negative", "cancel-twice",
    "rating-patch", "override-method", "name-spelling", "owner-filter", "preferences-proto", "summary-cached",
]  # fmt: skip

if __name__ == "__main__":
    node.become(Path(__file__).with_name("server.js"), common.premises(WEAKNESSES))
