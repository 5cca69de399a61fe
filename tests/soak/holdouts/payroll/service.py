"""Timesheets, payslips and expenses of several companies: Hono, tokens that are JWT, and others that renew them. This file starts it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import node

WEAKNESSES = [
    "company-header", "timesheet-copy", "payslip-read", "approve-open", "profile-merge", "refresh-as-access", "refresh-after-logout",
    "report-order", "expense-negative", "receipt-fetch", "people-export", "form-stack",
]  # fmt: skip

if __name__ == "__main__":
    node.become(Path(__file__).with_name("server.js"), common.premises(WEAKNESSES))
