"""The counters behind the receiver's limits."""

from gateway.internet.limits import (
    BytesInFlight,
    CommandRate,
    SessionLimits,
    Share,
    parse_client,
    parse_networks,
)


def limits(**options) -> SessionLimits:
    return SessionLimits(**{"total": 100, "per_address": 2, "trusted": (), **options})


def test_ipv4_is_counted_by_address_and_ipv6_by_its_64():
    counter = limits()
    for text, taken in [
        ("192.0.2.1", True),
        ("192.0.2.1", True),
        ("192.0.2.1", False),
        ("::ffff:192.0.2.1", False),
        ("192.0.2.2", True),
        ("2001:db8::1", True),
        ("2001:db8::2", True),
        ("2001:db8::ffff:0:0:3", False),
        ("2001:db8:0:1::1", True),
        ("fe80::1%eth0", True),
    ]:
        assert counter.enter(parse_client(text)) is taken


def test_leaving_makes_room_again():
    counter = limits(per_address=1)
    client = parse_client("192.0.2.1")
    for _ in range(3):
        assert counter.enter(client)
        assert not counter.enter(client)
        counter.leave(client)
    assert counter.count == 0


def test_trusted_hops_are_bound_by_the_total_only():
    counter = limits(total=5, per_address=1, trusted=parse_networks(["10.0.0.0/8", "fd00::/8"]))
    hop = parse_client("10.1.2.3")
    assert [counter.enter(hop) for _ in range(6)] == [True] * 5 + [False]
    assert counter.is_trusted(parse_client("fd00::1"))
    assert not counter.is_trusted(parse_client("192.0.2.1"))


def test_commands_are_counted_by_minutes():
    rate = CommandRate(2)
    assert [rate.allow(now) for now in (0, 1, 2, 59, 60, 61, 62)] == [
        True, True, False, False, True, True, False,
    ]  # fmt: skip


def test_shares_add_up_move_and_come_back():
    in_flight = BytesInFlight(100)
    one, two = Share(in_flight), Share(in_flight)
    assert one.grow(500)  # alone
    assert not two.grow(1)
    one.release()
    assert one.grow(60)
    assert two.grow(40)
    assert not two.grow(41)
    assert not one.grow(61)
    moved = two.move()
    two.release()
    assert in_flight.total == 100
    moved.release()
    moved.release()
    one.release()
    assert in_flight.total == 0
