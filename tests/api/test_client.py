"""Whose address and scheme is believed: the rightmost that no trusted proxy vouches past."""

import asyncio
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from govdash.api.client import KnownClient, client_address, client_scheme, require_own_rule
from govdash.core.errors import SettingsError
from govdash.core.settings import Settings

PROXIES = "10.0.0.0/8, fd00::/8, 127.0.0.1"


def settings(proxies: str = PROXIES) -> Settings:
    return Settings.from_environment({"GOVDASH_TRUSTED_PROXIES": proxies})


def asked(
    peer: str, *forwarded: str, proto: tuple[str, ...] = (), scheme: str = "http"
) -> HTTPConnection:
    headers = [(b"x-forwarded-for", text.encode("latin-1")) for text in forwarded]
    headers += [(b"x-forwarded-proto", text.encode("latin-1")) for text in proto]
    kind = "websocket" if scheme.startswith("ws") else "http"
    return HTTPConnection(
        {"type": kind, "headers": headers, "client": (peer, 5), "scheme": scheme, "path": "/"}
    )


@pytest.mark.parametrize(
    ("peer", "forwarded", "told"),
    [
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),  # nobody trusts that peer
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),  # 6.6.6.6 is only claimed
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, unknown, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("127.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
    ],
)
def test_the_rightmost_address_that_is_not_a_trusted_proxy_counts(
    peer: str, forwarded: list[str], told: str
):
    assert client_address(asked(peer, *forwarded), settings()) == told


def test_without_trusted_proxies_nothing_that_is_forwarded_counts():
    connection = asked("127.0.0.1", "198.51.100.1", proto=("https",))
    assert client_address(connection, settings("")) == "127.0.0.1"
    assert client_scheme(connection, settings("")) == "http"


def test_a_peer_without_an_address_is_told_as_it_is():
    assert client_address(asked("testclient", "198.51.100.1"), settings()) == "testclient"
    nobody = HTTPConnection({"type": "http", "headers": [], "client": None, "scheme": "http"})
    assert client_address(nobody, settings()) == ""


ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
INSIDE = st.sampled_from(["10.1.2.3", "10.9.9.9", "fd00::5", "127.0.0.1"])
OUTSIDE = ADDRESSES.filter(
    lambda a: (
        not any(
            (getattr(ip_address(a), "ipv4_mapped", None) or ip_address(a)) in ip_network(n)
            for n in ("10.0.0.0/8", "fd00::/8", "127.0.0.1/32")
        )
    )
)
ANYTHING = st.text(st.characters(codec="latin-1"), max_size=30)


@given(peer=OUTSIDE, forged=st.lists(ANYTHING, max_size=4))
def test_no_header_changes_what_an_untrusted_peer_is(peer: str, forged: list[str]):
    plain = client_address(asked(peer), settings())
    assert client_address(asked(peer, *forged), settings()) == plain


@given(forged=ANYTHING, client=OUTSIDE, hops=st.lists(INSIDE, max_size=4), peer=INSIDE)
@example(forged="10.0.0.1,", client="198.51.100.1", hops=[], peer="10.1.2.3")
def test_what_a_client_writes_itself_never_counts_behind_honest_proxies(
    forged: str, client: str, hops: list[str], peer: str
):
    """Each proxy appends the address it saw, so the client's own words stand left of it."""
    written = ", ".join([forged, client, *hops])
    expected = ip_address(client)
    expected = getattr(expected, "ipv4_mapped", None) or expected
    found = client_address(asked(peer, written), settings())
    assert ip_address(found) == ip_address(str(expected).partition("%")[0])


@given(peer=st.one_of(INSIDE, OUTSIDE), chain=st.lists(st.one_of(INSIDE, OUTSIDE, ANYTHING)))
def test_the_answer_was_said_by_somebody(peer: str, chain: list[str]):
    """It is the peer, or an address in the header; asking again with it as peer changes nothing."""
    told = client_address(asked(peer, ", ".join(chain)), settings())
    ip_address(told)
    assert client_address(asked(told), settings()) == told


def test_the_scheme_is_what_the_nearest_trusted_proxy_says():
    assert client_scheme(asked("10.0.0.1", proto=("https",)), settings()) == "https"
    assert client_scheme(asked("10.0.0.1", proto=("https", "http")), settings()) == "http"
    assert client_scheme(asked("10.0.0.1", proto=("gopher",)), settings()) == "http"
    assert client_scheme(asked("203.0.113.5", proto=("https",)), settings()) == "http"
    assert client_scheme(asked("203.0.113.5", scheme="wss"), settings()) == "https"


@pytest.mark.parametrize(
    ("text", "said"), [("10.0.0.0/33", "不是 IP"), ("proxy.local", "不是 IP"), ("::/0", "相信所有")]
)
def test_a_list_of_proxies_that_cannot_be_meant_stops_the_start(text: str, said: str):
    with pytest.raises(SettingsError, match=said):
        settings(text)


def test_the_server_does_not_start_while_another_rule_rewrites_addresses():
    behind = settings("10.0.0.1")
    alone = settings("")
    for fine in (alone, behind):
        require_own_rule({"FORWARDED_ALLOW_IPS": ""}, fine)
    require_own_rule({}, alone)
    for env, of in (
        ({}, behind),
        ({"FORWARDED_ALLOW_IPS": "*"}, alone),
        ({"FORWARDED_ALLOW_IPS": "127.0.0.1"}, behind),
    ):
        with pytest.raises(SettingsError, match="govdash serve"):
            require_own_rule(env, of)


def test_with_an_empty_list_uvicorn_rewrites_nothing():
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    believed = ProxyHeadersMiddleware(lambda *_: None, "").trusted_hosts  # type: ignore[arg-type]
    assert [who for who in ("127.0.0.1", "::1", "", None) if who in believed] == []


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("10.0.0.1", ["198.51.100.1"], ("198.51.100.1", 0)),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], ("198.51.100.1", 0)),
        ("10.0.0.1", [], ("10.0.0.1", 5)),
        ("203.0.113.5", ["198.51.100.1"], ("203.0.113.5", 5)),  # nobody trusts that peer
    ],
)
@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_what_comes_after_the_middleware_sees_the_client_not_the_proxy(
    peer: str, forwarded: list[str], seen: tuple[str, int], scheme: str
):
    """Streamlit, which knows nothing of proxies, included: pages and their websocket alike."""
    scope = dict(asked(peer, *forwarded, scheme=scheme).scope)
    before, handed = dict(scope), []

    async def inner(given_scope, _receive, _send) -> None:
        handed.append(given_scope)

    asyncio.run(KnownClient(inner, settings())(scope, None, None))  # type: ignore[arg-type]
    assert handed[0]["client"] == seen
    assert {**handed[0], "client": None} == {**before, "client": None}
    assert scope == before  # what others hold is not changed


def test_the_middleware_lets_the_lifespan_through_as_it_is():
    handed = []

    async def inner(given_scope, _receive, _send) -> None:
        handed.append(given_scope)

    asyncio.run(KnownClient(inner, settings())({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert handed == [{"type": "lifespan"}]
