"""What each side of the store may import, followed through every module in between."""

import grimp
import pytest

FORBIDDEN = {
    "gateway.lgwan": ("intake", "work", "keys", "keyfiles", "unsealing", "sealing", "schema"),
    "gateway.internet": ("work", "keys", "unsealing", "clean", "outbox", "schema"),
    "gateway.ops.role": ("intake", "work", "unsealing", "sealing", "outbox"),
}


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("gateway", "sanitizers", cache_dir=None)


@pytest.mark.parametrize(
    ("role", "part"), [(role, part) for role, parts in FORBIDDEN.items() for part in parts]
)
def test_a_role_cannot_reach_what_is_not_its_own(graph, role, part):
    target = f"gateway.store.{part}"
    assert target in graph.modules
    for module in {role} | graph.find_descendants(role):
        assert graph.find_shortest_chain(module, target) is None, (module, target)


def test_the_two_sides_do_not_know_each_other(graph):
    for one, other in (("internet", "lgwan"), ("lgwan", "internet")):
        upstream = set()
        for module in graph.find_descendants(f"gateway.{one}"):
            upstream |= graph.find_upstream_modules(module)
        assert not [m for m in upstream if m.startswith((f"gateway.{other}", "gateway.worker"))]


def test_only_the_worker_and_the_start_reach_the_private_keys(graph):
    readers = graph.find_modules_that_directly_import("gateway.store.keys")
    assert readers == {"gateway.store.schema", "gateway.store.work", "gateway.ops.doctor"}
    openers = graph.find_modules_that_directly_import("gateway.store.unsealing")
    assert openers == {"gateway.store.work"}
