"""The policy: first profile wins, type rules override, and nothing passes unsanitized."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.policy import BUILT_IN, Policy, load, parse

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("default", "sanitize", "image_pdf", "text", "none")
OFFERED = ("sanitize", "image_pdf")
PROFILES = {
    "standard": {},
    "strict": {"attachments": "drop", "methods": {"*/*": "none"}},
    "pictures": {"methods": {"image/*": "none", "image/png": "sanitize", "*/*": "image_pdf"}},
}


def policy(*rules, **more) -> Policy:
    return parse({"profiles": PROFILES, "rules": list(rules), **more}, source="policy.toml")


def profile_for(made, sender, recipient):
    return made.for_delivery(sender=sender, recipient=recipient).label


def test_without_a_rule_the_default_profile_holds():
    assert profile_for(policy(), "a@x.example", "b@city.example.jp") == "standard"
    assert profile_for(policy(default_profile="strict"), "", "b@city.example.jp") == "strict"


def test_the_first_matching_profile_rule_wins():
    made = policy(
        {"recipient": "boss@city.example.jp", "profile": "pictures"},
        {"recipient": "*@city.example.jp", "profile": "strict"},
        {"profile": "standard"},
    )
    assert profile_for(made, "a@x.example", "boss@city.example.jp") == "pictures"
    assert profile_for(made, "a@x.example", "other@city.example.jp") == "strict"
    assert profile_for(made, "a@x.example", "other@town.example.jp") == "standard"


@pytest.mark.parametrize(
    ("pattern", "address", "matches"),
    [
        ("*", "", True),
        ("*", "a@b.example", True),
        ("a@b.example", "A@B.Example", True),
        ("a@b.example", "aa@b.example", False),
        ("*@b.example", "anyone@B.EXAMPLE", True),
        ("*@b.example", "anyone@sub.b.example", False),
        ("*@*.b.example", "anyone@sub.b.example", True),
        ("*@*.b.example", "anyone@deep.sub.b.example", True),
        ("*@*.b.example", "anyone@b.example", False),
        ("*@*.b.example", "anyone@evilb.example", False),
        ("a@*", "a@anywhere.example", True),
        ("a@*", "b@anywhere.example", False),
        ("*@b.example", "", False),
        ("*@b.example", '"x@other.example"@b.example', True),
        ("*@b.example", '"x@b.example"@other.example', False),
    ],
)
def test_address_patterns(pattern, address, matches):
    made = policy({"sender": pattern, "profile": "strict"})
    assert (profile_for(made, address, "r@city.example.jp") == "strict") is matches


def test_sender_and_recipient_must_both_match():
    made = policy({"sender": "*@x.example", "recipient": "*@c.example", "profile": "strict"})
    assert profile_for(made, "a@x.example", "b@c.example") == "strict"
    assert profile_for(made, "a@x.example", "b@d.example") == "standard"
    assert profile_for(made, "a@y.example", "b@c.example") == "standard"


def test_type_rules_override_the_profile_and_add_up():
    made = policy(
        {"sender": "*@x.example", "type": "image/*", "method": "none"},
        {"type": "application/pdf", "method": "image_pdf"},
    )
    both = made.for_delivery(sender="a@x.example", recipient="r@c.example")
    assert both.label == "standard+1+2"
    assert both.method_for("image/png", OFFERED) == "none"
    assert both.method_for("application/pdf", OFFERED) == "image_pdf"
    one = made.for_delivery(sender="a@y.example", recipient="r@c.example")
    assert one.label == "standard+2"
    assert one.method_for("image/png", OFFERED) == "sanitize"


def test_the_more_specific_type_of_a_profile_wins_whatever_its_place():
    pictures = policy().profile("pictures")
    assert pictures.method_for("image/png", OFFERED) == "sanitize"
    assert pictures.method_for("image/gif", OFFERED) == "none"
    assert pictures.method_for("application/pdf", OFFERED) == "image_pdf"


def test_text_only_drops_attachments_and_types():
    text_only = load(None).profile("text-only")
    assert text_only.attachments == "drop"
    assert text_only.method_for("message/rfc822", ("text",)) == "text"
    assert text_only.method_for("application/pdf", OFFERED) == "none"


def test_a_method_that_no_sanitizer_offers_withholds():
    made = policy({"type": "*/*", "method": "text"}).for_delivery(sender="", recipient="r@c.jp")
    assert made.method_for("image/png", OFFERED) == "none"
    assert made.method_for("application/zip", ()) == "none"


def test_equal_deliveries_share_one_policy_and_labels_tell_others_apart():
    made = policy({"recipient": "a@c.jp", "type": "image/*", "method": "none"})
    first = made.for_delivery(sender="s@x", recipient="b@c.jp")
    assert first == made.for_delivery(sender="t@y", recipient="c@c.jp")
    assert made.for_delivery(sender="s@x", recipient="a@c.jp").label != first.label


def test_explain_lists_matching_rules_by_number():
    made = policy(
        {"recipient": "a@c.jp", "profile": "strict"},
        {"recipient": "z@c.jp", "profile": "standard"},
        {"type": "image/*", "method": "none"},
    )
    numbers = [number for number, _ in made.explain(sender="", recipient="a@c.jp")]
    assert numbers == [1, 3]


_patterns = st.sampled_from(["*/*", "image/*", "image/png", "application/pdf", "text/plain"])
_types = st.sampled_from(["image/png", "image/gif", "application/pdf", "text/plain", "a/b"])
_offered = st.lists(
    st.sampled_from(["sanitize", "image_pdf", "text"]), max_size=3, unique=True
).map(tuple)


@given(
    own=st.dictionaries(_patterns, st.sampled_from(METHODS), max_size=4),
    rules=st.lists(st.tuples(_patterns, st.sampled_from(METHODS)), max_size=3),
    media_type=_types,
    offered=_offered,
)
def test_no_policy_asks_for_more_than_the_sanitizers_offer(own, rules, media_type, offered):
    made = parse(
        {
            "profiles": {"standard": {"methods": own}},
            "rules": [{"type": t, "method": m} for t, m in rules],
        },
        source="x",
    )
    effective = made.for_delivery(sender="a@b.example", recipient="c@d.example")
    assert effective.method_for(media_type, offered) in {*offered, "none"}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"profiles": {}}, "no profile is called 'standard'"),
        ({"profiles": PROFILES, "defalt_profile": "x"}, 'did you mean "default_profile"'),
        ({"profiles": {"standard": {"method": {}}}}, 'did you mean "method'),
        ({"profiles": {"standard": {"attachments": "pass"}}}, r"standard\.attachments"),
        ({"profiles": {"standard": {"methods": {"*/*": "pass"}}}}, "methods"),
        ({"profiles": {"standard": {"methods": {"*.pdf": "none"}}}}, "methods"),
        ({"profiles": PROFILES, "rules": [{"profile": "nobody"}]}, "called 'nobody'"),
        ({"profiles": PROFILES, "rules": [{"type": "image/*"}]}, "go together"),
        ({"profiles": PROFILES, "rules": [{"method": "none"}]}, "go together"),
        ({"profiles": PROFILES, "rules": [{"recipient": "*"}]}, "either `profile` or `type`"),
        (
            {
                "profiles": PROFILES,
                "rules": [{"profile": "strict", "type": "a/b", "method": "none"}],
            },
            "either `profile` or `type`",
        ),
        ({"profiles": PROFILES, "rules": [{"sender": "", "profile": "strict"}]}, "sender"),
        ({"profiles": PROFILES, "version": 2}, "version"),
        ({}, "profiles"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_place(raw, message):
    with pytest.raises(ConfigError, match=message) as caught:
        parse(raw, source="policy.toml")
    assert str(caught.value).startswith("policy.toml: ")


def test_an_unknown_profile_is_a_key_error():
    with pytest.raises(KeyError):
        policy().profile("nobody")


@pytest.mark.parametrize("data", [b"[", b"\xff"])
def test_a_policy_file_that_cannot_be_read_is_never_replaced_by_the_built_in(tmp_path, data):
    path = tmp_path / "policy.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match="is not TOML"):
        load(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "absent.toml")


def test_the_commented_file_means_the_same_as_the_built_in_policy():
    written, built_in = load(ROOT / "config" / "policy.toml"), parse(BUILT_IN, source="built-in")
    assert written.file.default_profile == built_in.file.default_profile
    assert sorted(written.file.profiles) == sorted(built_in.file.profiles)
    assert written.file.rules == built_in.file.rules == ()
    for name in built_in.file.profiles:
        ours, theirs = written.profile(name), built_in.profile(name)
        assert ours.attachments == theirs.attachments
        for media_type in ("message/rfc822", "application/pdf", "image/png", "text/plain"):
            for offered in ((), ("text",), OFFERED, ("image_pdf",)):
                assert ours.method_for(media_type, offered) == theirs.method_for(
                    media_type, offered
                )
