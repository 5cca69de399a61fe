"""A small system with promises, for the tests of this folder."""

PROMISES = """
system: shop
contract: shop.md
operations: {orders: "GET /api/v2/orders", order: "GET /api/v2/orders/{order_id}"}
outside: [{dimension: channel, value: command-line, reason: it comes later}]
promises:
  - id: orders.private
    statement: Orders are their owner's.
    source: section 1
    cells: [{caller: [anonymous, colleague], operation: [orders, order]}, {boundary: name-200}]
"""
CHECKS = """
system: shop
fills:
  - {cells: ["orders.private/caller:anonymous/*"], suite: shop/access.robot, test: "No {operation}", check: api.status,
     subject: "{operation}"}
  - {cells: ["orders.private/boundary:*"], suite: shop/access.robot, test: "{boundary}", check: [api.answered, api.refused]}
outside: [{cells: ["orders.private/caller:colleague/operation:order"], reason: there are no colleagues}]
unfilled: [{cells: ["orders.private/caller:colleague/operation:orders"], reason: nobody looks}]
"""


def observation(**facts):
    return {
        "source": "access.robot",
        "name": "No Orders",
        "check": "api.status",
        "subject": "GET /api/v2/orders",
        "expected": "401",
        "observed": "401",
        "verdict": "PASS",
        "precondition": False,
    } | facts
