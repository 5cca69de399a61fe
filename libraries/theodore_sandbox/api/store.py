"""Accounts, revoked tokens and jobs in SQLite, or in any database that an SQLAlchemy URL names."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime, UTC
from typing import Any, TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

if TYPE_CHECKING:
    from theodore_sandbox.settings import User

tables = sa.MetaData()
users = sa.Table(
    "users",
    tables,
    sa.Column("username", sa.String(100), primary_key=True),
    sa.Column("user_id", sa.String(40), unique=True),
    sa.Column("salt", sa.String(64)),
    sa.Column("password", sa.String(128)),
    sa.Column("role", sa.String(20)),
    sa.Column("tenant", sa.String(60)),
    sa.Column("created_at", sa.String(40)),
    sa.Column("last_login", sa.String(40)),
)
revoked = sa.Table("revoked_tokens", tables, sa.Column("token_id", sa.String(64), primary_key=True))
jobs = sa.Table(
    "jobs",
    tables,
    sa.Column("job_id", sa.String(40), primary_key=True),
    sa.Column("tenant", sa.String(60)),
    sa.Column("owner", sa.String(40)),
    sa.Column("body", sa.Text),
)


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


class Store:
    """One database; PostgreSQL gets a schema of its own, so that two sandboxes can share a server."""

    def __init__(self, url: str) -> None:
        self.schema: str | None = None
        if url.startswith("sqlite"):
            pool = {"poolclass": StaticPool} if url == "sqlite://" else {}
            self.engine = sa.create_engine(url, connect_args={"check_same_thread": False}, **pool)
        else:
            self.schema = f"theodore_{secrets.token_hex(6)}"
            plain = sa.create_engine(url)
            with plain.begin() as connection:
                connection.execute(sa.schema.CreateSchema(self.schema))
            plain.dispose()
            self.engine = sa.create_engine(url, execution_options={"schema_translate_map": {None: self.schema}})
        tables.create_all(self.engine)

    def close(self) -> None:
        """Let go of the database and take away the schema that was made for this sandbox."""
        if self.schema:
            with self.engine.begin() as connection:
                connection.execute(sa.schema.DropSchema(self.schema, cascade=True))
        self.engine.dispose()

    def reset(self, accounts: list[User]) -> None:
        """Forget everything and create ``accounts`` anew."""
        with self.engine.begin() as connection:
            for table in (users, revoked, jobs):
                connection.execute(sa.delete(table))
            for account in accounts:
                salt = secrets.token_hex(16)
                row = {
                    "username": account.username,
                    "user_id": "usr_" + secrets.token_hex(8),
                    "salt": salt,
                    "password": _hashed(account.password, salt),
                    "role": account.role,
                    "tenant": account.tenant,
                    "created_at": now().isoformat(),
                }
                connection.execute(sa.insert(users).values(row))

    def sign_in(self, username: str, password: str) -> dict[str, Any] | None:
        """The account, if the password is right."""
        with self.engine.begin() as connection:
            row = connection.execute(sa.select(users).where(users.c.username == username)).mappings().first()
            given = _hashed(password, row["salt"] if row else "00")
            if row is None or not secrets.compare_digest(given, row["password"]):
                return None
            moment = now().isoformat()
            connection.execute(sa.update(users).where(users.c.username == username).values(last_login=moment))
            return dict(row) | {"last_login": moment}

    def account(self, user_id: str) -> dict[str, Any] | None:
        """The account with this id."""
        with self.engine.begin() as connection:
            row = connection.execute(sa.select(users).where(users.c.user_id == user_id)).mappings().first()
            return dict(row) if row else None

    def revoke(self, token_id: str) -> None:
        """Make a token worthless."""
        with self.engine.begin() as connection:
            if not self._revoked(connection, token_id):
                connection.execute(sa.insert(revoked).values(token_id=token_id))

    def is_revoked(self, token_id: str) -> bool:
        """Whether a token was revoked."""
        with self.engine.begin() as connection:
            return self._revoked(connection, token_id)

    @staticmethod
    def _revoked(connection: sa.Connection, token_id: str) -> bool:
        return connection.execute(sa.select(revoked).where(revoked.c.token_id == token_id)).first() is not None

    def save_job(self, job_id: str, tenant: str, owner: str, body: dict[str, Any]) -> None:
        """Write a job, new or changed."""
        text = json.dumps(body)
        with self.engine.begin() as connection:
            changed = connection.execute(sa.update(jobs).where(jobs.c.job_id == job_id).values(body=text))
            if changed.rowcount == 0:
                connection.execute(sa.insert(jobs).values(job_id=job_id, tenant=tenant, owner=owner, body=text))

    def job(self, job_id: str, tenant: str) -> dict[str, Any] | None:
        """A job of this tenant."""
        with self.engine.begin() as connection:
            query = sa.select(jobs.c.body).where(jobs.c.job_id == job_id, jobs.c.tenant == tenant)
            row = connection.execute(query).first()
            return json.loads(row.body) if row else None

    def drop_job(self, job_id: str) -> None:
        """Forget a job."""
        with self.engine.begin() as connection:
            connection.execute(sa.delete(jobs).where(jobs.c.job_id == job_id))

    def answers(self) -> bool:
        """Whether the database answers a query."""
        try:
            with self.engine.begin() as connection:
                return connection.execute(sa.select(sa.literal(1))).scalar() == 1
        except sa.exc.SQLAlchemyError:
            return False


def _hashed(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()
