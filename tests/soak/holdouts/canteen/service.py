"""Children, dishes and orders of a school canteen: Express, tokens that are JWT, conditions as stores of documents have them. This file starts it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import node

WEAKNESSES = [
    "login-operator", "orders-filter", "child-meals", "order-price", "preferences-shared", "refund-twice", "alg-case", "office-case", "dish-update",
    "recipe-dots", "topic-attribute", "link-counted",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)

if __name__ == "__main__":
    for name, text in (("recipes/soup.txt", "Tomatoes, celery, an hour.\n"), ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")):
        (PLACE.folder / name).parent.mkdir(exist_ok=True)
        (PLACE.folder / name).write_text(text)
    node.become(Path(__file__).with_name("server.js"), PLACE)
