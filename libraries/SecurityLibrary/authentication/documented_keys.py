"""Keys that the documentation of frameworks shows, and that are left in place by those who have copied its examples."""

from __future__ import annotations

# Some libraries ask for a key of bytes: such a key stands here as the text of the same code points.
KEYS = (
    # Microdot, Flask and what belongs to it
    "top-secret!", "top-secret", '_5#y2L"F4Q8z\n\xec]/', "A0Zr98j/3yX R~XHH!jmN]LWX/,?RT", "dev",
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf", "super secret string", "super secret key",
    "super-secret", "hard to guess string", "you-will-never-guess", "any secret string", "Change me!", "mysecret",
    # Django and its templates of projects
    "django-insecure", "django_tests_secret_key", "!!!SET DJANGO_SECRET_KEY!!!", "CHANGEME!!!", "SECRET_KEY",
    # FastAPI, Starlette, Sanic, Pyramid, Tornado, Bottle, aiohttp
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", "KEEP_IT_SECRET_KEEP_IT_SAFE", "itsaseekreet",
    "seekrit", "seekr1t", "__TODO:_GENERATE_YOUR_OWN_RANDOM_VALUE_HERE__", "some-secret-key", "!secret", "your-secret-key",
    "Thirty  two  length  bytes  key.",
    # Express, Koa, Fastify, Nest, and those for sessions beside them
    "keyboard cat", "your secret", "key1", "key2", "im a newer secret", "i like turtle", "newest secret key", "shhhhh",
    "supersecret", "my-secret", "averylogphrasebiggerthanthirtytwochars", "a secret with minimum length of 32 characters",
    "complex_password_at_least_32_characters_long", "NeverShareYourSecret", "secretKey",
    "DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.",
    # Rack and Sinatra, Go, PHP, Symfony, Laravel, Play
    "super secret", "change_me", "my_secret", "my$ecretK3y", "something-very-secret", "super-secret-key", "AllYourBase",
    "example_key", "example_key_of_sufficient_length", "ThisTokenIsNotSoSecretChangeIt", "SomeRandomString",
    "SomeRandomStringWith32Characters", "changeme", "secret",
    # What explains JSON Web Tokens, and programs that come with a key
    "your-256-bit-secret", "your-384-bit-secret", "your-512-bit-secret", "a-string-secret-at-least-256-bits-long",
    "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET", "thisISaSECRET_1234", "YOUR_OWN_RANDOM_GENERATED_SECRET_KEY", "temporary_key",
)  # fmt: skip


def as_bytes(key: str) -> tuple[bytes, ...]:
    """What a key may be as bytes: a text in UTF-8, or bytes that were written as such."""
    return (key.encode(),) if key.isascii() else (key.encode(), key.encode("latin-1", "ignore"))
