"""Sessions as they stand in their store, read and changed there as its operators do."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa import extras
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from PromptCraftLibrary.realm import Realm

WITHIN = 5  # seconds


class SessionStore:
    """The Redis of a system, with the form of keys that its vocabulary names."""

    def __init__(self, realm: Realm) -> None:
        entry = realm.system.entry
        if not entry.session_store:
            raise NotEvaluatedError(
                f"The environment {realm.system.environment.name} names no session_store of {realm.system.name}: add its "
                f"address, such as redis://127.0.0.1:6379, to {realm.system.environment.path.name}."
            )
        extras.demand("redis", "the session store")
        import redis

        self.address = entry.session_store
        self.key = str(realm.words.needed("session.key"))
        self._errors = redis.RedisError
        self._client: Any = redis.Redis.from_url(
            self.address, decode_responses=True, socket_timeout=WITHIN, socket_connect_timeout=WITHIN
        )

    def session(self, session_id: str) -> dict[str, str]:
        """The fields of a session; empty where there is none."""
        return dict(self._ask("hgetall", self._key(session_id)))

    def seconds_left(self, session_id: str) -> int | None:
        """In how many seconds a session ends by itself; None where there is none, -1 where it never does."""
        left = int(self._ask("ttl", self._key(session_id)))
        return None if left == -2 else left  # noqa: PLR2004  # Redis: there is no such key

    def shorten(self, session_id: str, seconds: int) -> None:
        """Have a session end in so many seconds."""
        self._ask("expire", self._key(session_id), seconds)

    def end(self, session_id: str) -> None:
        """Take a session away, as its time does."""
        self._ask("delete", self._key(session_id))

    def _key(self, session_id: str) -> str:
        return self.key.replace("{session_id}", session_id)

    def _ask(self, command: str, *arguments: Any) -> Any:
        try:
            return getattr(self._client, command)(*arguments)
        except self._errors as error:
            raise NotEvaluatedError(f"The session store at {self.address} did not answer {command.upper()}: {error}.") from None
