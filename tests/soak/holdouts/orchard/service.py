"""Harvests of an orchard: Fastify, tokens as OAuth has them, by a form; every answer takes 250 ms. This file confines and starts it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import node

WEAKNESSES = [
    "label-script", "harvest-read", "grade-set", "office-open", "revoke-kept", "host-forwarded", "price-callback", "fruit-inherited",
    "sort-code", "admin-default",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)

if __name__ == "__main__":
    node.become(Path(__file__).with_name("server.js").resolve(), PLACE)
