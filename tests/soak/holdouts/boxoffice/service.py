"""Tickets for concerts and plays, with gift cards and credit: Fastify, tokens that are JWT by RSA. This file starts it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import node

WEAKNESSES = [
    "order-read", "ticket-transfer", "profile-merge", "token-jwk", "gift-race", "order-price", "events-filter", "forgot-reply",
    "verify-script", "refund-twice", "admin-spelling", "poster-encoded",
]  # fmt: skip

if __name__ == "__main__":
    node.become(Path(__file__).with_name("server.js"), common.premises(WEAKNESSES))
