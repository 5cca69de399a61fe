"""The session store: one hash a session in Redis, which ends by itself."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

import redis

from theodore_sandbox import defects
from theodore_sandbox.promptcraft import names
from theodore_sandbox.promptcraft.store import now

StoreError = redis.RedisError


class Sessions:
    """Who is signed in, in a Redis that the operators can look into."""

    def __init__(self, address: str) -> None:
        self.redis = redis.Redis.from_url(address, decode_responses=True, socket_timeout=1, socket_connect_timeout=1)

    def open(self, user: dict[str, Any], token: str, number: str = "", provider_session: str = "") -> dict[str, Any]:
        """A new session, whose key nobody can guess; of the token only a digest is kept."""
        moment = now()
        seed = f"{user['user_id']}{moment.isoformat()}{secrets.token_hex(16)}"
        session = {
            "session_id": number or hashlib.sha256(seed.encode()).hexdigest(),
            "user_id": user["user_id"],
            "username": user["username"],
            "organization": user["tenant"],
            "roles": user["role"],
            "token": token if defects.on("session-token-in-clear") else hashlib.sha256(token.encode()).hexdigest(),
            "created_at": moment.isoformat(),
            "last_activity": moment.isoformat(),
            "expires_at": (moment + timedelta(seconds=names.SESSION_SECONDS)).isoformat(),
        }
        key, index = _key(session["session_id"]), names.USER_KEY.format(user_id=user["user_id"])
        with self.redis.pipeline() as work:
            work.hset(key, mapping={name: value for name, value in session.items() if name != "session_id"})
            if not defects.on("session-without-end"):
                work.expire(key, names.SESSION_SECONDS)
            for group in (index, names.PROVIDER_KEY.format(sid=provider_session)):
                work.sadd(group, session["session_id"])
                work.expire(group, names.SESSION_SECONDS)
            work.execute()
        return session

    def find(self, session_id: str) -> dict[str, Any] | None:
        """A session that has not ended."""
        found: Any = self.redis.hgetall(_key(session_id))
        return {**found, "session_id": session_id} if found else None

    def touch(self, session_id: str, *, prolong: bool = False) -> None:
        """Note that a session was used; it lasts longer for that by a defect alone."""
        key = _key(session_id)
        if self.redis.exists(key):
            self.redis.hset(key, "last_activity", now().isoformat())
            if prolong:
                self.redis.expire(key, names.SESSION_SECONDS)

    def of_user(self, user_id: str) -> list[dict[str, Any]]:
        """All sessions of somebody that have not ended, the oldest first."""
        known: Any = self.redis.smembers(names.USER_KEY.format(user_id=user_id))
        found = filter(None, map(self.find, known))
        return sorted(found, key=lambda session: str(session["created_at"]))

    def end(self, session_id: str) -> bool:
        """End a session; whether there was one."""
        session = self.find(session_id)
        if session:
            self.redis.srem(names.USER_KEY.format(user_id=session["user_id"]), session_id)
        return bool(self.redis.delete(_key(session_id)))

    def end_all(self, user_id: str) -> int:
        """End all sessions of somebody; how many there were."""
        return sum(self.end(session["session_id"]) for session in self.of_user(user_id))

    def end_of_provider(self, sid: str) -> int:
        """End all sessions that a session at the identity provider has opened; how many there were."""
        known: Any = self.redis.smembers(names.PROVIDER_KEY.format(sid=sid))
        return sum(self.end(session_id) for session_id in known)

    def answers(self) -> bool:
        """Whether the store answers."""
        try:
            return bool(self.redis.ping())
        except redis.RedisError:
            return False

    def reset(self) -> None:
        """Forget everything."""
        self.redis.flushall()


def _key(session_id: str) -> str:
    return names.SESSION_KEY.format(session_id=session_id)
