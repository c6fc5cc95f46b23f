"""Accounts: names and passwords, tokens of a segment, sessions that end, guesses that wait."""

import asyncio
import json
import unicodedata

import pytest
from argon2 import PasswordHasher

from gateway.store import accounts as module
from gateway.store import passwords, throttle
from gateway.store.accounts import (
    AccountError,
    Accounts,
    SignInRefused,
    TooManyFailures,
    check_password,
)
from gateway.store.engine import Database
from tests.gateway.store.harness import events, rows

PASSWORD = "correct horse battery"
HOUR_US = 3600 * 10**6


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch):
    """The real parameters have a test of their own."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", quick)


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on only when it is told to."""

    class Clock:
        now = module.now_us()

        def forward(self, seconds):
            self.now += int(seconds * 10**6)

    clock = Clock()
    for user in (module, throttle):
        monkeypatch.setattr(user, "now_us", lambda: clock.now)
    return clock


@pytest.fixture
def run(config):
    """Runs a coroutine function with the accounts of one process."""

    def call(use, **options):
        async def go():
            database = Database.open(config, actor="internet")
            try:
                return await use(Accounts(database, **options))
            finally:
                database.close()

        return asyncio.run(go())

    return call


async def tanaka(accounts, **options):
    options = {"role": "staff", "password": PASSWORD, "email": "Tanaka@Example.jp", **options}
    return await accounts.add("Tanaka", **options)


async def enter(accounts, name="tanaka", password=PASSWORD, client="192.0.2.1"):
    return await accounts.sign_in(name, password, segment="internet", client=client)


async def outcome(accounts, **options):
    try:
        await enter(accounts, **options)
    except (SignInRefused, TooManyFailures) as error:
        return type(error)
    return None


def test_a_password_is_kept_as_argon2id_with_the_parameters_of_the_rfc(config, run, monkeypatch):
    real = PasswordHasher(
        time_cost=passwords.ARGON2_PASSES,
        memory_cost=passwords.ARGON2_MEMORY_KIB,
        parallelism=passwords.ARGON2_LANES,
    )
    monkeypatch.setattr(passwords, "_HASHER", real)
    run(tanaka)
    [(kept,)] = rows(config, "select password_hash from users")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_names_and_addresses_are_one_whatever_their_case(run):
    async def use(accounts):
        await tanaka(accounts)
        with pytest.raises(AccountError, match="taken"):
            await accounts.add("TANAKA", role="staff", password=None)
        with pytest.raises(AccountError, match="mail address"):
            await accounts.add("other", role="staff", password=None, email="tanaka@EXAMPLE.JP")
        for written in ("tanaka", "TANAKA", " tanaka@example.jp "):
            found = await accounts.find(written)
            assert found.name == "Tanaka"
            assert found.identities == {"tanaka", "tanaka@example.jp"}
        assert await accounts.find("tanaka\0") is None
        assert await accounts.find("nobody") is None

    run(use)


@pytest.mark.parametrize(
    ("name", "options", "why"),
    [
        ("", {}, "name"),
        ("a b", {}, "name"),
        ("田中", {}, "name"),
        ("a@b", {}, "name"),
        ("a" * 65, {}, "name"),
        ("tanaka", {"role": "root"}, "role"),
        ("tanaka", {"email": "x\r\n@example.jp"}, "email"),
        ("tanaka", {"email": "no address"}, "email"),
        ("tanaka", {"password": "short"}, "characters"),
    ],
)
def test_a_wrong_account_is_not_made(config, run, name, options, why):
    wanted = {"role": "staff", "password": PASSWORD, **options}
    with pytest.raises(AccountError, match=why):
        run(lambda accounts: accounts.add(name, **wanted))
    assert rows(config, "select count(*) from users") == [(0,)]
    assert events(config) == ["keys_created"]  # by the preparation of the store


@pytest.mark.parametrize(
    "password", ["a" * 11, "x" * 257, "aaaaaaaaaaaaaaaa", "tanaka123456", "1234TANAKA56"]
)
def test_a_weak_password_is_refused(password):
    with pytest.raises(AccountError):
        check_password(password, name="tanaka")


def test_a_password_is_the_same_from_every_keyboard(run):
    composed = "ガギグゲゴの合言葉です。"

    async def use(accounts):
        await tanaka(accounts, password=composed)
        decomposed = unicodedata.normalize("NFD", composed)
        assert decomposed != composed
        await enter(accounts, password=decomposed)

    run(use)


def test_every_change_has_its_audit_row_without_secrets(config, run):
    async def use(accounts):
        await tanaka(accounts)
        token = await accounts.new_token("tanaka", segment="lgwan", days=1)
        new = await enter(accounts)
        await accounts.sign_out(new.cookie)
        await accounts.sign_out(new.cookie)
        await outcome(accounts, password="a wrong password")
        await outcome(accounts, name="a typed password", password="x")
        change = {"segment": "internet", "client": "192.0.2.1"}
        await accounts.change_password("tanaka", PASSWORD, "another long one", **change)
        await accounts.disable("tanaka")
        return token, new.cookie

    secrets = [*run(use), PASSWORD, "a wrong password", "a typed password", "another long one"]
    assert events(config)[1:] == [
        "account_added", "token_made", "signed_in", "signed_out", "sign_in_failed",
        "sign_in_failed", "password_changed", "account_disabled",
    ]  # fmt: skip
    trail = str(rows(config, "select actor, detail from audit"))
    tables = [str(rows(config, f"select * from {t}")) for t in ("tokens", "sessions", "users")]
    for secret in secrets:
        assert secret not in trail
        assert not any(secret in table for table in tables)
    assert {a for (a,) in rows(config, "select actor from audit where seq > 1")} == {"internet"}
    details = [
        json.loads(d)
        for (d,) in rows(config, "select detail from audit where seq > 1 order by seq")
    ]
    assert details[5] == {"name": "", "segment": "internet"}


def test_a_token_is_long_marked_and_of_one_segment(run):
    async def use(accounts):
        await tanaka(accounts)
        token = await accounts.new_token("tanaka", segment="lgwan", days=None)
        assert token.startswith("mgk_")
        assert len(token) >= 4 + 43  # 256 bits in base64
        assert token != await accounts.new_token("tanaka", segment="lgwan", days=None)
        assert (await accounts.by_token(token, segment="lgwan")).name == "Tanaka"
        for segment in ("internet", "ops"):
            assert await accounts.by_token(token, segment=segment) is None
        for wrong in ("", token[:-1], token + "x", token.upper(), "\udcff"):
            assert await accounts.by_token(wrong, segment="lgwan") is None
        with pytest.raises(AccountError, match="segment"):
            await accounts.new_token("tanaka", segment="moon", days=None)
        with pytest.raises(AccountError, match="no such account"):
            await accounts.new_token("nobody", segment="ops", days=None)

    run(use)


def test_a_token_ends_with_its_days_or_its_account(run, clock):
    async def use(accounts):
        await tanaka(accounts)
        short = await accounts.new_token("tanaka", segment="ops", days=1)
        endless = await accounts.new_token("tanaka", segment="ops", days=None)
        clock.forward(24 * 3600 - 1)
        assert await accounts.by_token(short, segment="ops") is not None
        clock.forward(1)
        assert await accounts.by_token(short, segment="ops") is None
        assert await accounts.by_token(endless, segment="ops") is not None
        await accounts.disable("tanaka")
        assert await accounts.by_token(endless, segment="ops") is None
        with pytest.raises(AccountError, match="disabled"):
            await accounts.new_token("tanaka", segment="ops", days=None)

    run(use)


def test_when_a_token_was_used_is_known_to_the_hour(config, run, clock):
    used = "select used_at from tokens"

    async def use(accounts):
        await tanaka(accounts)
        token = await accounts.new_token("tanaka", segment="ops", days=None)
        began = clock.now
        for seconds, expected in ((0, began), (1800, began), (1801, began + 3601 * 10**6)):
            clock.forward(seconds)
            await accounts.by_token(token, segment="ops")
            assert rows(config, used) == [(expected,)]

    run(use)


def test_a_session_ends_idle_at_its_age_and_on_the_other_segment(run, clock):
    async def use(accounts):
        await tanaka(accounts)

        async def known(cookie, segment="internet"):
            return await accounts.by_session(cookie, segment=segment) is not None

        busy, idle = (await enter(accounts)).cookie, (await enter(accounts)).cookie
        assert not await known(busy, "lgwan")
        for _ in range(3):
            clock.forward(29 * 60)
            assert await known(busy)
        assert not await known(idle)
        clock.forward(29 * 60)
        assert await known(busy)
        clock.forward(5 * 60)
        assert not await known(busy)  # two hours have passed

    run(use, session_hours=2, idle_minutes=30)


def test_a_changed_password_ends_all_sessions(run):
    async def use(accounts):
        await tanaka(accounts)
        cookies = [(await enter(accounts)).cookie for _ in range(2)]
        change = {"segment": "internet", "client": "192.0.2.1"}
        with pytest.raises(SignInRefused):
            await accounts.change_password("tanaka", "not the old one", "a new password", **change)
        with pytest.raises(AccountError):
            await accounts.change_password("tanaka", PASSWORD, "short", **change)
        assert await accounts.by_session(cookies[0], segment="internet") is not None
        await accounts.change_password("tanaka", PASSWORD, "a new password", **change)
        for cookie in cookies:
            assert await accounts.by_session(cookie, segment="internet") is None
        assert await outcome(accounts) is SignInRefused
        await enter(accounts, password="a new password")

    run(use)


def test_no_session_outlives_a_change_that_came_while_its_password_was_compared(
    config, run, monkeypatch
):
    """Signing in is a compare and a write; what happens in between must count."""

    async def use(accounts):
        await tanaka(accounts)
        compare = accounts._hashing.matches

        def meanwhile(statement):
            async def matches(known, password):
                right = await compare(known, password)
                rows(config, statement)
                return right

            monkeypatch.setattr(accounts._hashing, "matches", matches)

        for statement in (
            "update users set password_hash = password_hash || 'x'",
            "update users set disabled_at = 1",
        ):
            before = rows(config, "select password_hash from users")
            meanwhile(statement)
            assert await outcome(accounts) is SignInRefused
            rows(config, "update users set disabled_at = null, password_hash = ?", *before[0])
        assert rows(config, "select count(*) from sessions") == [(0,)]

    run(use)


def test_an_account_of_a_directory_or_without_a_password_has_none_to_enter_with(config, run):
    async def use(accounts):
        await tanaka(accounts, password=None)
        assert await outcome(accounts, password="") is SignInRefused
        assert await outcome(accounts) is SignInRefused
        rows(config, "update users set source = 'ldap'")
        with pytest.raises(AccountError, match="directory"):
            await accounts.set_password("tanaka", PASSWORD)

    run(use)


def test_every_kind_of_refusal_costs_one_hash(run, monkeypatch):
    compared = []
    monkeypatch.setattr(
        passwords, "_verify", lambda known, shown: bool(compared.append(known)) or False
    )

    async def use(accounts):
        await tanaka(accounts)
        await accounts.add("none", role="staff", password=None)
        for name in ("tanaka", "none", "nobody", "no\0body", "x@example.jp"):
            assert await outcome(accounts, name=name) is SignInRefused
        assert len(compared) == 5
        assert all(known.startswith("$argon2id$") for known in compared)

    run(use)


def test_after_five_wrong_passwords_the_waits_grow(run, clock):
    async def use(accounts):
        await tanaka(accounts)
        waits = []
        for _ in range(4):
            assert await outcome(accounts, password="wrong") is SignInRefused
        for _ in range(3):
            assert await outcome(accounts, password="wrong") is SignInRefused
            with pytest.raises(TooManyFailures) as refused:
                await enter(accounts)  # the right one has to wait as well
            waits.append(refused.value.seconds)
            clock.forward(waits[-1])
        assert waits == [1, 2, 4]
        assert await outcome(accounts, client="192.0.2.2", password="wrong") is SignInRefused
        await enter(accounts)
        assert await outcome(accounts, password="wrong") is SignInRefused
        await enter(accounts)  # a right password forgave

    run(use)


def test_guesses_at_once_wait_like_guesses_in_turn(run):
    async def use(accounts):
        await tanaka(accounts)
        tries = [outcome(accounts, password=f"wrong {n}") for n in range(40)]
        found = await asyncio.gather(*tries)
        assert found.count(SignInRefused) <= throttle.FREE_TRIES + passwords.HASHES_AT_ONCE - 1
        assert found.count(SignInRefused) + found.count(TooManyFailures) == 40

    run(use)


def test_name_and_mail_address_are_the_same_account_to_a_guesser(run):
    async def use(accounts):
        await tanaka(accounts)
        for n in range(throttle.FREE_TRIES):
            name = ("tanaka", "TANAKA@example.jp")[n % 2]
            assert await outcome(accounts, name=name, password="wrong") is SignInRefused
        assert await outcome(accounts, name="Tanaka") is TooManyFailures
        assert await outcome(accounts, name="tanaka@example.jp") is TooManyFailures

    run(use)


def test_guesses_from_everywhere_slow_an_account_but_never_for_long(run, clock):
    async def use(accounts):
        await tanaka(accounts)
        for n in range(throttle.FREE_TRIES_ACCOUNT):
            found = await outcome(accounts, password="wrong", client=f"198.51.100.{n}")
            assert found is SignInRefused
        assert await outcome(accounts) is TooManyFailures
        for _ in range(20):
            clock.forward(throttle.MAX_WAIT_ACCOUNT_SECONDS)
            found = await outcome(accounts, password="wrong", client="203.0.113.9")
        clock.forward(throttle.MAX_WAIT_ACCOUNT_SECONDS)
        await enter(accounts)

    run(use)


def test_an_address_that_tries_many_names_waits(run, clock):
    async def use(accounts):
        await tanaka(accounts)
        for n in range(throttle.FREE_TRIES_ADDRESS):
            client = f"2001:db8::{n:x}"  # one customer has the whole /64
            assert await outcome(accounts, name=f"n{n}", client=client) is SignInRefused
        assert await outcome(accounts, client="2001:db8::ffff:1") is TooManyFailures
        await enter(accounts, client="2001:db8:0:1::1")

    run(use)


def test_failures_are_forgotten_after_a_day(config, run, clock):
    async def use(accounts):
        await outcome(accounts, name="a")
        clock.forward(25 * 3600)
        await outcome(accounts, name="b", client="192.0.2.9")

    run(use)
    assert rows(config, "select count(*) from sign_in_failures") == [(3,)]


def test_a_long_queue_of_sign_ins_is_not_joined(run, monkeypatch):
    monkeypatch.setattr(passwords, "MOST_WAITING", 3)

    async def use(accounts):
        await tanaka(accounts)
        tries = [outcome(accounts, client=f"192.0.2.{n}") for n in range(20)]
        found = await asyncio.gather(*tries)
        assert found.count(None) >= 3
        assert found.count(TooManyFailures) >= 1
        await enter(accounts)  # and the queue is empty again

    run(use)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("not an address", "not an address"),
    ],
)
def test_one_client_is_an_address_or_an_ipv6_network(address, network):
    assert throttle.network_of(address) == network
