"""Objects with free entries have an end in depth."""

import pytest
from pydantic import BaseModel, ValidationError

from theodore_sandbox.common.free_objects import DEEPEST, FreeObject


class Settings(BaseModel):
    preferences: FreeObject | None = None


def nested(levels):
    body = {}
    for _ in range(levels - 1):
        body = {"preferences": body} if levels % 2 else {"list": [body]}
    return body


@pytest.mark.parametrize("body", [None, {}, {"theme": "dark", "panels": [{"size": 3}]}, nested(DEEPEST - 1)])
def test_usual_ones_are_taken_as_they_are(body):
    assert Settings(preferences=body).preferences == body


@pytest.mark.parametrize("levels", [DEEPEST + 1, 300, 5000])
def test_what_is_deeper_is_refused(levels):
    with pytest.raises(ValidationError, match="Nested deeper than 32 levels"):
        Settings(preferences=nested(levels))
