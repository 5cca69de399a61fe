"""A grocer's shop with baskets, reviews, coupons and a wallet: Express, tokens that are JWT by RSA. This file starts it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import node

WEAKNESSES = [
    "search-union", "review-markup", "review-author", "basket-read", "quantity-negative", "coupon-again", "register-role",
    "downloads-strip", "avatar-url", "token-confusion", "login-forwarded", "redirect-contains",
]  # fmt: skip

if __name__ == "__main__":
    node.become(Path(__file__).with_name("server.js"), common.premises(WEAKNESSES))
