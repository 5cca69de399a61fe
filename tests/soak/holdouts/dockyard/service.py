"""Work on ships in several yards: orders, timesheets, crews and reports, behind a slow store. Fastify, see program.js."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import node

WEAKNESSES = [
    "order-yard", "crew-yard", "crew-fields", "approve-anybody", "timesheet-hours", "invoice-again", "token-embedded", "login-unlimited",
    "preferences-merge", "summary-cached", "original-address", "actuator-open",
]  # fmt: skip

if __name__ == "__main__":
    node.become(Path(__file__).resolve().parent / "program.js", common.premises(WEAKNESSES))
