"""Names of numbers that are amounts: of money, and of what is counted or measured."""

from __future__ import annotations

import re

PIECES = re.compile(
    r"(?i)(?:^|[._]|\])(?:quantity|qty|count|units?|pieces|seats?|tickets|nights|guests|persons|people|hours|days|copies|items|km|kilomet(?:er|re)s?|miles|mileage|distance|odometer"
    r"|weight|lit(?:er|re)s|portions|servings|minutes)$"
    r"|(?-i:[a-z](?:Quantity|Qty|Count)$)"
)
MONEY = re.compile(
    r"(?i)(?:^|[._]|\])(?:amount|price|total|sum|payment|fee|fare|bid|deposit|tip|cents|pence|pennies|points|credits|coins)$"
    r"|(?-i:[a-z](?:Amount|Price|Cents|Pence)$)"
)
