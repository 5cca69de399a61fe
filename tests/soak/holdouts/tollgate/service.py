"""Tolls of roads: vehicles, passages, fines and payouts, behind a slow register. Koa, see program.js."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import node

WEAKNESSES = [
    "passages-plate", "vehicle-claim", "token-confusion", "payout-race", "lookup-operators", "plate-backtracking", "kiosk-pin",
    "internal-forwarded", "error-dump", "passages-limit", "fine-merge", "forgot-timing",
]  # fmt: skip

if __name__ == "__main__":
    node.become(Path(__file__).resolve().parent / "program.js", common.premises(WEAKNESSES))
