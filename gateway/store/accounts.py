"""Who may: accounts, their tokens and sessions. Secrets are stored as hashes only.

A password is kept as argon2id, a token or session cookie as its sha256 (they are random, a
slow hash would add nothing). Disabling an account or changing its password ends all its
sessions; every change has its audit row in the same transaction. Local accounts and those
of a directory share this table; only `source` tells them apart.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from gateway.store import audit, throttle
from gateway.store.engine import Database
from gateway.store.ids import identity, now_us
from gateway.store.passwords import MAX_PASSWORD as MAX_PASSWORD
from gateway.store.passwords import Hashing
from gateway.store.tables import sessions, tokens, users
from gateway.store.throttle import TooManyFailures as TooManyFailures

ROLES: Final = ("staff", "approver", "operator", "auditor")
SEGMENTS: Final = ("internet", "lgwan", "ops")
TOKEN_PREFIX: Final = "mgk_"  # noqa: S105 - lets a leaked token be recognized
MIN_PASSWORD: Final = 12  # characters; NIST SP 800-63B section 3.1.1.2 asks for at least 8
LOCAL: Final = "local"  # the `source` of accounts whose password is kept here
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
_MINUTE_US: Final = 60 * 10**6
_HOUR_US: Final = 3600 * 10**6
_DAY_US: Final = 24 * _HOUR_US

_BY_FOLDED: Final = select(users).where(users.c.folded == bindparam("folded"))
_BY_EMAIL: Final = select(users).where(users.c.email == bindparam("email"))
_BY_TOKEN: Final = (
    select(users, tokens.c.expires_at, tokens.c.revoked_at, tokens.c.used_at)
    .join(tokens, tokens.c.user_id == users.c.id)
    .where(tokens.c.digest == bindparam("digest"), tokens.c.segment == bindparam("segment"))
)
_BY_SESSION: Final = (
    select(users, sessions.c.expires_at, sessions.c.seen_at, sessions.c.csrf)
    .join(sessions, sessions.c.user_id == users.c.id)
    .where(sessions.c.digest == bindparam("digest"), sessions.c.segment == bindparam("segment"))
)


class AccountError(Exception):
    """An account cannot be made or changed like this; the text says why."""


class SignInRefused(Exception):
    """Wrong name or password, or the account is disabled: which one is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Someone who may do something."""

    id: int
    name: str
    display_name: str
    email: str
    role: str
    unit: str
    disabled: bool

    @property
    def address(self) -> str:
        """How deliveries and policy rules name the account."""
        return self.email or self.name

    @property
    def identities(self) -> frozenset[str]:
        """What deliveries to this account are addressed to."""
        return frozenset(identity(own) for own in (self.name, self.email) if own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody signed in at the pages of one segment."""

    account: Account
    csrf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session just begun: `cookie` is told once and stored nowhere."""

    session: Session
    cookie: str


def check_password(password: str, *, name: str) -> None:
    """Whether a password may be chosen.

    Raises:
        AccountError: too short, too long, or the name itself.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise AccountError(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    if name.casefold() in password.casefold() and len(password) < len(name) + 8:
        raise AccountError("a password is not made of the name")
    if len(set(password)) < 5:
        raise AccountError("a password has at least 5 different characters")


class Accounts:
    """The accounts as one process sees them."""

    def __init__(
        self, database: Database, *, session_hours: float = 12, idle_minutes: float = 60
    ) -> None:
        self._database = database
        self._session_us = int(session_hours * _HOUR_US)
        self._idle_us = int(idle_minutes * _MINUTE_US)
        self._hashing = Hashing()

    # people ------------------------------------------------------------------------

    async def add(
        self,
        name: str,
        *,
        role: str,
        password: str | None,
        email: str = "",
        display_name: str = "",
        unit: str = "",
    ) -> Account:
        """Make a local account. Without a password only tokens can be used.

        Raises:
            AccountError: the name is taken or not well formed, or the password is not good.
        """
        if not _NAME.fullmatch(name):
            raise AccountError("a name has 1 to 64 letters, digits, dots, dashes, underscores")
        if role not in ROLES:
            raise AccountError(f"role: one of {', '.join(ROLES)}")
        if email and not _EMAIL.fullmatch(email):
            raise AccountError("email: not a mail address")
        hashed = None
        if password is not None:
            check_password(password, name=name)
            hashed = await self._hash(password)
        now = now_us()
        row = {
            "name": name,
            "folded": name.casefold(),
            "display_name": display_name[:80] or name,
            "email": identity(email),
            "role": role,
            "unit": unit[:80],
            "source": LOCAL,
            "subject": None,
            "password_hash": hashed,
            "password_at": now if hashed else None,
            "created_at": now,
            "disabled_at": None,
        }

        def fn(connection: Connection) -> Account:
            if connection.execute(_BY_FOLDED, {"folded": row["folded"]}).first() is not None:
                raise AccountError("the name is taken")
            if email and connection.execute(_BY_EMAIL, {"email": row["email"]}).first():
                raise AccountError("another account has this mail address")
            connection.execute(insert(users), [row])
            self._note(connection, "account_added", name=name, role=role)
            return _account(_required(connection, name))

        return await self._database.write(fn)

    async def find(self, written: str) -> Account | None:
        """An enabled account by its name or mail address."""
        row = await self._database.read(lambda c: _by_name_or_email(c, written))
        return _account(row) if row is not None and row.disabled_at is None else None

    async def listed(self) -> list[Account]:
        """All accounts by name."""
        wanted = select(users).order_by(users.c.folded)
        return await self._database.read(lambda c: [_account(r) for r in c.execute(wanted)])

    async def set_password(self, name: str, password: str) -> None:
        """Set a password, as the operator does; ends all sessions of the account.

        Raises:
            AccountError: no such account, or the password is not good.
        """
        check_password(password, name=name)
        hashed = await self._hash(password)
        await self._database.write(lambda c: self._replace(c, _required(c, name), hashed))

    async def change_password(
        self, name: str, old: str, new: str, *, segment: str, client: str
    ) -> None:
        """Change one's own password, which must be known; ends all sessions of the account.

        Raises:
            AccountError: the new password is not good.
            TooManyFailures, SignInRefused: as of `sign_in`.
        """
        proved = await self._proved(name, old, segment=segment, client=client)
        check_password(new, name=proved.name)
        hashed = await self._hash(new)

        def fn(connection: Connection) -> None:
            row = _unchanged(connection, proved)
            throttle.forgive(connection, throttle.places(row.folded, client))
            self._replace(connection, row, hashed)

        await self._database.write(fn)

    def _replace(self, connection: Connection, row: Row[Any], hashed: str) -> None:
        if row.source != LOCAL:
            raise AccountError("the password of this account is kept by the directory")
        same = users.c.id == row.id
        new = {"password_hash": hashed, "password_at": now_us()}
        connection.execute(update(users).where(same).values(**new))
        connection.execute(delete(sessions).where(sessions.c.user_id == row.id))
        self._note(connection, "password_changed", name=row.name)

    async def disable(self, name: str) -> None:
        """End an account: no sign-in, no token, no session works any more.

        Raises:
            AccountError: no such account.
        """

        def fn(connection: Connection) -> None:
            row = _required(connection, name)
            now = now_us()
            connection.execute(update(users).where(users.c.id == row.id).values(disabled_at=now))
            connection.execute(
                update(tokens).where(tokens.c.user_id == row.id).values(revoked_at=now)
            )
            connection.execute(delete(sessions).where(sessions.c.user_id == row.id))
            self._note(connection, "account_disabled", name=row.name)

        await self._database.write(fn)

    # tokens ------------------------------------------------------------------------

    async def new_token(self, name: str, *, segment: str, days: float | None) -> str:
        """Make a bearer token for one segment; it is told once and stored hashed.

        Raises:
            AccountError: no such account or segment.
        """
        if segment not in SEGMENTS:
            raise AccountError(f"segment: one of {', '.join(SEGMENTS)}")
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        now = now_us()

        def fn(connection: Connection) -> None:
            account = _required(connection, name)
            if account.disabled_at is not None:
                raise AccountError("the account is disabled")
            row = {
                "digest": _digest(token),
                "user_id": account.id,
                "segment": segment,
                "created_at": now,
                "expires_at": None if days is None else now + int(days * _DAY_US),
                "used_at": None,
                "revoked_at": None,
            }
            connection.execute(insert(tokens), [row])
            self._note(connection, "token_made", name=account.name, segment=segment)

        await self._database.write(fn)
        return token

    async def by_token(self, token: str, *, segment: str) -> Account | None:
        """Whose token this is; None: unknown, of another segment, expired or revoked."""
        wanted = {"digest": _digest(token), "segment": segment}
        row = await self._database.read(lambda c: c.execute(_BY_TOKEN, wanted).first())
        now = now_us()
        if row is None or row.disabled_at is not None or row.revoked_at is not None:
            return None
        if row.expires_at is not None and row.expires_at <= now:
            return None
        if row.used_at is None or row.used_at < now - _HOUR_US:
            await self._touch(
                update(tokens).where(tokens.c.digest == wanted["digest"]).values(used_at=now)
            )
        return _account(row)

    # sessions ----------------------------------------------------------------------

    async def sign_in(self, name: str, password: str, *, segment: str, client: str) -> NewSession:
        """Begin a session. Takes as long for a name that does not exist.

        Raises:
            TooManyFailures: wait first; the password was not looked at.
            SignInRefused: name or password is wrong, or the account is disabled.
        """
        proved = await self._proved(name, password, segment=segment, client=client)
        cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
        now = now_us()

        def fn(connection: Connection) -> Account:
            row = _unchanged(connection, proved)
            new = {
                "digest": _digest(cookie),
                "user_id": row.id,
                "segment": segment,
                "csrf": csrf,
                "created_at": now,
                "seen_at": now,
                "expires_at": now + self._session_us,
            }
            connection.execute(delete(sessions).where(sessions.c.expires_at < now))
            connection.execute(insert(sessions), [new])
            throttle.forgive(connection, throttle.places(row.folded, client))
            self._note(connection, "signed_in", name=row.name, segment=segment)
            return _account(row)

        account = await self._database.write(fn)
        return NewSession(session=Session(account=account, csrf=csrf), cookie=cookie)

    async def by_session(self, cookie: str, *, segment: str) -> Session | None:
        """Who holds this cookie; None: unknown, of another segment, ended or idle too long."""
        wanted = {"digest": _digest(cookie), "segment": segment}
        row = await self._database.read(lambda c: c.execute(_BY_SESSION, wanted).first())
        now = now_us()
        if row is None or row.disabled_at is not None or row.expires_at <= now:
            return None
        if row.seen_at < now - self._idle_us:
            return None
        if row.seen_at < now - _MINUTE_US:
            await self._touch(
                update(sessions).where(sessions.c.digest == wanted["digest"]).values(seen_at=now)
            )
        return Session(account=_account(row), csrf=row.csrf)

    async def sign_out(self, cookie: str) -> None:
        """End a session; idempotent."""
        digest = _digest(cookie)
        whose = (
            select(users.c.name, sessions.c.segment)
            .join(sessions, sessions.c.user_id == users.c.id)
            .where(sessions.c.digest == digest)
        )

        def fn(connection: Connection) -> None:
            row = connection.execute(whose).first()
            if row is not None:
                connection.execute(delete(sessions).where(sessions.c.digest == digest))
                self._note(connection, "signed_out", name=row.name, segment=row.segment)

        await self._database.write(fn)

    # helpers -----------------------------------------------------------------------

    async def _touch(self, statement: Any) -> None:
        await self._database.write(lambda c: c.execute(statement))

    async def _proved(self, name: str, password: str, *, segment: str, client: str) -> Row[Any]:
        """The account whose name and password these are, as it was when they were compared.

        Raises:
            TooManyFailures, SignInRefused: as of `sign_in`.
        """

        def look(connection: Connection) -> tuple[Row[Any] | None, tuple[throttle.Place, ...], int]:
            row = _by_name_or_email(connection, name)
            where = throttle.places(row.folded if row is not None else identity(name), client)
            return row, where, throttle.wait_seconds(connection, where)

        _, _, wait = await self._database.read(look)
        if wait:  # before the queue: who has to wait takes no place in it
            raise TooManyFailures(wait)
        async with self._hashing.turn():
            # Again, and the failure is written before the turn ends: else many tries at
            # once would all be compared before the first of them counts.
            row, where, wait = await self._database.read(look)
            if wait:
                raise TooManyFailures(wait)
            known = row.password_hash if row is not None else None
            right = await self._hashing.matches(known, password)
            if row is None or not right or row.disabled_at is not None:
                # A name that nobody has may be a password in the wrong field.
                known_name = row.name if row is not None else ""

                def fn(connection: Connection) -> None:
                    throttle.failed(connection, where)
                    self._note(connection, "sign_in_failed", name=known_name, segment=segment)

                await self._database.write(fn)
                raise SignInRefused
            return row

    async def _hash(self, password: str) -> str:
        async with self._hashing.turn():
            return await self._hashing.hash(password)

    def _note(self, connection: Connection, event: str, **detail: object) -> None:
        audit.append(connection, self._database.actor, [audit.Event(None, event, detail)])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _by_name_or_email(connection: Connection, written: str) -> Row[Any] | None:
    folded = identity(written)
    if "\0" in folded:  # PostgreSQL knows no such text
        return None
    row = connection.execute(_BY_FOLDED, {"folded": folded}).first()
    if row is None and "@" in folded:
        row = connection.execute(_BY_EMAIL, {"email": folded}).first()
    return row


def _required(connection: Connection, name: str) -> Row[Any]:
    row = connection.execute(_BY_FOLDED, {"folded": name.casefold()}).first()
    if row is None:
        raise AccountError("no such account")
    return row


def _unchanged(connection: Connection, proved: Row[Any]) -> Row[Any]:
    """The account again, now under the writer's lock.

    Raises:
        SignInRefused: disabled, or with another password, since the password was compared.
    """
    row = connection.execute(select(users).where(users.c.id == proved.id)).first()
    if row is None or row.disabled_at is not None or row.password_hash != proved.password_hash:
        raise SignInRefused
    return row


def _account(row: Row[Any]) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        email=row.email,
        role=row.role,
        unit=row.unit,
        disabled=row.disabled_at is not None,
    )
