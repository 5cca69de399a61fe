"""Accounts, keys, revoked tokens, companies and jobs in SQLite, or in any database that an SQLAlchemy URL names."""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import threading
from datetime import datetime, UTC
from typing import Any, TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from theodore_sandbox import defects
from theodore_sandbox.common import passwords

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_sandbox.common.settings import User

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
    sa.Column("limits", sa.String(20)),
    sa.Column("generation", sa.Integer),
    sa.Column("own_fields", sa.Text),
)
api_keys = sa.Table(
    "api_keys",
    tables,
    sa.Column("key_id", sa.String(40), primary_key=True),
    sa.Column("digest", sa.String(64), unique=True),
    sa.Column("user_id", sa.String(40)),
    sa.Column("scopes", sa.Text),
    sa.Column("expires_at", sa.String(40)),
)
companies = sa.Table(
    "companies",
    tables,
    sa.Column("tenant", sa.String(60), primary_key=True),
    sa.Column("domain", sa.String(200), primary_key=True),
    sa.Column("name", sa.String(200)),
)
records = sa.Table(
    "company_records",
    tables,
    sa.Column("tenant", sa.String(60), primary_key=True),
    sa.Column("domain", sa.String(200), primary_key=True),
    sa.Column("record", sa.Text),
    sa.Column("created_at", sa.String(40)),
)
revoked = sa.Table("revoked_tokens", tables, sa.Column("token_id", sa.String(64), primary_key=True))
jobs = sa.Table(
    "jobs",
    tables,
    sa.Column("job_id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(20)),
    sa.Column("tenant", sa.String(60)),
    sa.Column("owner", sa.String(40)),
    sa.Column("body", sa.Text),
    sa.Column("request", sa.Text),
)


UNFINISHED = ("pending", "queued", "running")


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


class Store:
    """One database; PostgreSQL gets a schema of its own, so that two sandboxes can share a server."""

    def __init__(self, url: str, instance: str = "") -> None:
        self.schema: str | None = None
        self._lock: contextlib.AbstractContextManager[Any] = contextlib.nullcontext()
        if url.startswith("sqlite"):
            self._lock = threading.RLock()
            self.engine = sa.create_engine(url, connect_args={"check_same_thread": False}, poolclass=StaticPool)
            with self.engine.connect() as connection:  # the file has to outlive the process, not the machine
                connection.exec_driver_sql("PRAGMA synchronous=OFF")
                connection.exec_driver_sql("PRAGMA locking_mode=EXCLUSIVE")  # keeps the journal open: handles may run out
                connection.exec_driver_sql("PRAGMA journal_mode=TRUNCATE")  # a process may be killed in a transaction
        else:
            self.schema = (instance or f"theodore_{secrets.token_hex(6)}").replace("-", "_")
            plain = sa.create_engine(url)
            with plain.begin() as connection:
                connection.execute(sa.schema.CreateSchema(self.schema, if_not_exists=True))
            plain.dispose()
            self._connect(url)
        tables.create_all(self.engine)

    def _connect(self, url: str) -> None:
        self.engine = sa.create_engine(
            url, execution_options={"schema_translate_map": {None: self.schema}}, pool_pre_ping=True, pool_timeout=5
        )

    def reroute(self, address: str) -> None:
        """Reach the database server at another address, such as ``127.0.0.1:5433``, from now on."""
        host, _, port = address.rpartition(":")
        url = self.engine.url.set(host=host, port=int(port))
        self.engine.dispose()
        self._connect(url.render_as_string(hide_password=False))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        """A transaction; with SQLite under a lock, because the routes' threads and the jobs share its connection."""
        with self._lock, self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close the database and drop the schema of this sandbox."""
        if self.schema:
            with self._transaction() as connection:
                connection.execute(sa.schema.DropSchema(self.schema, cascade=True))
        self.engine.dispose()

    def reset(self, accounts: list[User]) -> None:
        """Forget everything and create ``accounts`` anew."""
        with self._transaction() as connection:
            for table in tables.tables.values():
                connection.execute(sa.delete(table))
            for account in (account.stored() for account in accounts):
                row = {
                    "username": account.username,
                    "user_id": "usr_" + secrets.token_hex(8),
                    "salt": account.salt,
                    "password": account.digest,
                    "role": account.role,
                    "tenant": account.tenant,
                    "created_at": now().isoformat(),
                    "limits": account.limits,
                    "generation": 1,
                    "own_fields": "{}",
                }
                connection.execute(sa.insert(users).values(row))
            if defects.on("demo-account"):
                self._demo(connection)

    @staticmethod
    def _demo(connection: sa.Connection) -> None:
        salt = secrets.token_hex(16)
        shared = {"role": "user", "tenant": "default", "limits": "production", "generation": 1, "own_fields": "{}"}
        named = {"username": "demo", "user_id": "usr_demo", "salt": salt, "password": passwords.digest("demo_password", salt)}
        connection.execute(sa.insert(users).values(created_at=now().isoformat(), **shared, **named))

    def sign_in(self, username: str, password: str) -> dict[str, Any] | None:
        """The account, if the password is right."""
        with self._transaction() as connection:
            row = connection.execute(sa.select(users).where(users.c.username == username)).mappings().first()
        if row is None and defects.on("unknown-user-quick"):
            return None
        given = passwords.digest(password, row["salt"] if row else "00")
        if row is None or not secrets.compare_digest(given, row["password"]):
            return None
        moment = now().isoformat()
        with self._transaction() as connection:
            connection.execute(sa.update(users).where(users.c.username == username).values(last_login=moment))
        return dict(row) | {"last_login": moment}

    def knows(self, username: str) -> bool:
        """Whether there is an account of this name."""
        with self._transaction() as connection:
            return connection.execute(sa.select(users.c.username).where(users.c.username == username)).first() is not None

    def account(self, user_id: str) -> dict[str, Any] | None:
        """The account with this id."""
        with self._transaction() as connection:
            row = connection.execute(sa.select(users).where(users.c.user_id == user_id)).mappings().first()
            return dict(row) if row else None

    def limits_of(self, username: str) -> str:
        """The rate limits of an account; the production limits for an unknown name."""
        with self._transaction() as connection:
            return connection.execute(sa.select(users.c.limits).where(users.c.username == username)).scalar() or "production"

    def revoke(self, token_id: str) -> None:
        """Revoke a token, or all tokens of a session."""
        with self._transaction() as connection:
            if not self._revoked(connection, token_id):
                connection.execute(sa.insert(revoked).values(token_id=token_id))

    def is_revoked(self, token_id: str, session: str) -> bool:
        """Whether a token or its session was revoked."""
        with self._transaction() as connection:
            return self._revoked(connection, token_id, session)

    @staticmethod
    def _revoked(connection: sa.Connection, *token_ids: str) -> bool:
        return connection.execute(sa.select(revoked).where(revoked.c.token_id.in_(token_ids))).first() is not None

    def update_account(self, user_id: str, fields: dict[str, Any]) -> None:
        """Store the fields of a user's profile."""
        with self._transaction() as connection:
            own = connection.execute(sa.select(users.c.own_fields).where(users.c.user_id == user_id)).scalar()
            changed = json.dumps(json.loads(own or "{}") | fields)
            connection.execute(sa.update(users).where(users.c.user_id == user_id).values(own_fields=changed))

    def change_password(self, user_id: str, current: str, new: str) -> bool:
        """Change a password, if the present one is right; earlier tokens and keys are revoked."""
        with self._transaction() as connection:
            row = connection.execute(sa.select(users).where(users.c.user_id == user_id)).mappings().one()
        if not secrets.compare_digest(passwords.digest(current, row["salt"]), row["password"]):
            return False
        salt = secrets.token_hex(16)
        values = {"salt": salt, "password": passwords.digest(new, salt), "generation": row["generation"] + 1}
        with self._transaction() as connection:
            connection.execute(sa.update(users).where(users.c.user_id == user_id).values(values))
            connection.execute(sa.delete(api_keys).where(api_keys.c.user_id == user_id))
        return True

    def save_key(self, key_id: str, key: str, user_id: str, scopes: list[str], expires_at: str | None) -> None:
        """Store the digest of an API key, not the key itself."""
        row = {
            "key_id": key_id,
            "digest": key if defects.on("keys-kept-plain") else _digest(key),
            "user_id": user_id,
            "scopes": json.dumps(scopes),
            "expires_at": expires_at,
        }
        with self._transaction() as connection:
            connection.execute(sa.insert(api_keys).values(row))

    def key(self, key: str) -> dict[str, Any] | None:
        """The owner and the scopes of an API key; None for one that is unknown or has expired."""
        with self._transaction() as connection:
            row = connection.execute(sa.select(api_keys).where(api_keys.c.digest.in_((_digest(key), key)))).mappings().first()
        if row is None or (row["expires_at"] and datetime.fromisoformat(row["expires_at"]) <= now()):
            return None
        return dict(row) | {"scopes": json.loads(row["scopes"])}

    def save_company(self, tenant: str, domain: str, name: str) -> None:
        """Remember that a tenant has researched a company."""
        with self._transaction() as connection:
            here = (companies.c.tenant == tenant) & (companies.c.domain == domain)
            if connection.execute(sa.update(companies).where(here).values(name=name)).rowcount == 0:
                connection.execute(sa.insert(companies).values(tenant=tenant, domain=domain, name=name))

    def save_record(self, tenant: str, record: dict[str, Any]) -> None:
        """Keep what a research found out, in place of what an earlier one did."""
        here = (records.c.tenant == tenant) & (records.c.domain == record["domain"])
        text = json.dumps(record)
        with self._transaction() as connection:
            if connection.execute(sa.update(records).where(here).values(record=text)).rowcount == 0:
                moment = now().isoformat()
                row = {"tenant": tenant, "domain": record["domain"], "record": text, "created_at": moment}
                connection.execute(sa.insert(records).values(row))

    def company_names(self, tenant: str | None, containing: str) -> list[str]:
        """The companies that a tenant has researched, of all tenants without one, whose names hold a text."""
        query = sa.select(companies.c.name).order_by(companies.c.name)
        if defects.on("sql-concatenated"):
            query = query.where(sa.text(f"companies.name LIKE '%{containing}%'"))  # the defect
        else:
            query = query.where(companies.c.name.icontains(containing, autoescape=True))
        if tenant is not None:
            query = query.where(companies.c.tenant == tenant)
        with self._transaction() as connection:
            return list(connection.execute(query).scalars())

    def tenants_with_companies(self) -> list[str]:
        """All tenants that have researched something."""
        with self._transaction() as connection:
            return list(connection.execute(sa.select(companies.c.tenant).distinct()).scalars())

    def save_job(self, job_id: str, kind: str, tenant: str, owner: str, body: dict[str, Any], request: str) -> None:
        """Write a job, new or changed."""
        text = json.dumps(body)
        with self._transaction() as connection:
            changed = connection.execute(sa.update(jobs).where(jobs.c.job_id == job_id).values(body=text))
            if changed.rowcount == 0:
                row = {"job_id": job_id, "kind": kind, "tenant": tenant, "owner": owner, "body": text, "request": request}
                connection.execute(sa.insert(jobs).values(row))

    def unfinished_jobs(self) -> list[dict[str, Any]]:
        """The jobs that a restart has interrupted, with their requests."""
        with self._transaction() as connection:
            rows = [dict(row) for row in connection.execute(sa.select(jobs)).mappings()]
        kept = [row | {"body": json.loads(row["body"])} for row in rows]
        return [row for row in kept if row["body"]["status"] in UNFINISHED]

    def job(self, job_id: str, kind: str, tenant: str | None) -> dict[str, Any] | None:
        """A job of this kind and tenant; of any tenant without one."""
        query = sa.select(jobs.c.body).where(jobs.c.job_id == job_id, jobs.c.kind == kind)
        if tenant is not None:
            query = query.where(jobs.c.tenant == tenant)
        with self._transaction() as connection:
            row = connection.execute(query).first()
            return json.loads(row.body) if row else None

    def failed_jobs(self, tenant: str | None, limit: int = 10) -> list[dict[str, Any]]:
        """The last jobs of a tenant that failed; of all tenants without one."""
        query = sa.select(jobs.c.body)
        if tenant is not None:
            query = query.where(jobs.c.tenant == tenant)
        with self._transaction() as connection:
            bodies = [json.loads(body) for body in connection.execute(query).scalars()]
        failed = sorted(
            (body for body in bodies if body["status"] == "failed"), key=lambda body: body["updated_at"], reverse=True
        )
        return [{key: body[key] for key in ("job_id", "error", "updated_at")} for body in failed[:limit]]

    def job_counts(self) -> dict[str, int]:
        """How many jobs there are of each kind and status."""
        with self._transaction() as connection:
            rows = connection.execute(sa.select(jobs.c.kind, jobs.c.body)).all()
        counts: dict[str, int] = {}
        for kind, body in rows:
            name = f"{kind}_{json.loads(body)['status']}"
            counts[name] = counts.get(name, 0) + 1
        return counts

    def drop_job(self, job_id: str) -> None:
        """Forget a job."""
        with self._transaction() as connection:
            connection.execute(sa.delete(jobs).where(jobs.c.job_id == job_id))

    def answers(self) -> bool:
        """Whether the database answers a query."""
        try:
            with self._transaction() as connection:
                return connection.execute(sa.select(sa.literal(1))).scalar() == 1
        except sa.exc.SQLAlchemyError:
            return False


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
