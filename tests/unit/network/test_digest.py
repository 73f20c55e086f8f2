"""Proof of a password: the examples of the RFCs, and challenges as cameras write them."""

from hashlib import md5, sha256

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.network.digest import (
    Challenge,
    Scheme,
    answer,
    read_challenges,
    strongest,
)
from custom_components.mqtt_sentinel.network.facts import Credentials

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
MUFASA = Credentials("Mufasa", "Circle of Life")


def rfc7616(algorithm: str, qop: str = "auth, auth-int") -> str:
    return (
        f'Digest realm="http-auth@example.org", qop="{qop}", algorithm={algorithm},'
        f' nonce="{NONCE}", opaque="{OPAQUE}"'
    )


def only(*headers: str) -> Challenge:
    [challenge] = read_challenges(headers)
    return challenge


def parts(header: str) -> dict[str, str]:
    """What an Authorization header says, as a server reads it."""
    scheme, _, rest = header.partition(" ")
    assert scheme == "Digest"
    pairs = (pair.partition("=") for pair in rest.split(", "))
    return {key: value.strip('"') for key, _, value in pairs}


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_example_of_rfc_7616(algorithm: str, response: str) -> None:
    challenge = only(rfc7616(algorithm))
    header = answer(challenge, MUFASA, "GET", "/dir/index.html", cnonce=CNONCE)
    assert parts(header) == {
        "username": "Mufasa",
        "realm": "http-auth@example.org",
        "uri": "/dir/index.html",
        "algorithm": algorithm,
        "nonce": NONCE,
        "nc": "00000001",
        "cnonce": CNONCE,
        "qop": "auth",
        "response": response,
        "opaque": OPAQUE,
    }


def test_example_of_rfc_2617() -> None:
    challenge = only(
        'Digest realm="testrealm@host.com", qop="auth,auth-int",'
        ' nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    mufasa = Credentials("Mufasa", "Circle Of Life")
    header = answer(challenge, mufasa, "GET", "/dir/index.html", cnonce="0a4f113b")
    assert parts(header)["response"] == "6629fae49393a05397450978507c4ef1"
    assert "algorithm" not in parts(header)


def test_as_most_cameras_do_it() -> None:
    """Without qop, as in RFC 2069: no counter, and nothing of ours in it."""
    challenge = only('Digest realm="IP Camera(12345)", nonce="abc", stale="FALSE"')
    header = answer(challenge, Credentials("admin", "x"), "DESCRIBE", "rtsp://c/", cnonce="unused")
    secret = md5(b"admin:IP Camera(12345):x").hexdigest()
    asked = md5(b"DESCRIBE:rtsp://c/").hexdigest()
    said = parts(header)
    assert said["response"] == md5(f"{secret}:abc:{asked}".encode()).hexdigest()
    assert said.keys() == {"username", "realm", "nonce", "uri", "response"}


def test_of_a_session() -> None:
    challenge = only('Digest realm="r", nonce="n", algorithm=SHA-256-sess, qop=auth')
    said = parts(answer(challenge, Credentials("u", "p"), "GET", "/", cnonce="c", count=2))
    first = sha256(b"u:r:p").hexdigest()
    secret = sha256(f"{first}:n:c".encode()).hexdigest()
    asked = sha256(b"GET:/").hexdigest()
    whole = f"{secret}:n:00000002:c:auth:{asked}"
    assert said["response"] == sha256(whole.encode()).hexdigest()


def test_of_a_hidden_name() -> None:
    challenge = only('Digest realm="r", nonce="n", userhash=true')
    said = parts(answer(challenge, Credentials("u", "p"), "GET", "/", cnonce="c"))
    assert said["username"] == md5(b"u:r").hexdigest()
    assert said["userhash"] == "true"


def test_a_realm_that_is_no_utf8_is_hashed_as_it_came() -> None:
    realm = b"K\xfcche".decode("utf-8", "surrogateescape")
    challenge = only(f'Digest realm="{realm}", nonce="n"')
    said = parts(answer(challenge, Credentials("u", "p"), "GET", "/", cnonce="c"))
    secret, asked = md5(b"u:K\xfcche:p").hexdigest(), md5(b"GET:/").hexdigest()
    assert said["response"] == md5(f"{secret}:n:{asked}".encode()).hexdigest()


def test_quotes_stay_within_theirs() -> None:
    challenge = only(r'Digest realm="say \"hi\", \\", nonce="n"')
    assert challenge.realm == 'say "hi", \\'
    header = answer(challenge, Credentials('a"b', "p"), "GET", "/", cnonce="c")
    assert r'username="a\"b", realm="say \"hi\", \\"' in header


def test_basic() -> None:
    challenge = only('Basic realm="cam"')
    header = answer(challenge, Credentials("Aladdin", "open sesame"), "GET", "/", cnonce="")
    assert header == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


@pytest.mark.parametrize(
    "headers",
    [
        ['Basic realm="x"', rfc7616("MD5"), rfc7616("SHA-256")],
        [rfc7616("SHA-256"), 'Basic realm="x"'],
        ['Basic realm="x", ' + rfc7616("MD5") + ", " + rfc7616("SHA-256")],
    ],
)
def test_the_safest_is_taken(headers: list[str]) -> None:
    challenge = strongest(read_challenges(headers))
    assert challenge
    assert challenge.hash_name == "sha-256"


def test_digest_rather_than_basic() -> None:
    challenge = strongest(read_challenges(['Basic realm="x"', 'Digest realm="x", nonce="n"']))
    assert challenge
    assert challenge.scheme is Scheme.DIGEST


def test_basic_only_where_it_is_allowed() -> None:
    challenges = read_challenges(['Basic realm="x"'])
    assert strongest(challenges, basic=False) is None
    assert strongest(challenges) is not None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Negotiate",
        "NTLM TlRMTVNTUAAB==",
        'Digest realm="no nonce"',
        rfc7616("SHA-512-256"),
        rfc7616("MD5", qop="auth-int"),
        'Digest realm="a\tb", nonce="n"',
        "realm=x",
        'Digest realm="' + "x" * 9000 + '", nonce="n"',
    ],
)
def test_what_cannot_be_answered(header: str) -> None:
    assert read_challenges([header]) == ()


def test_only_so_many() -> None:
    assert len(read_challenges(['Basic realm="x"'] * 100)) == 8


@pytest.mark.parametrize("text", ["a\r\nb", "a\x00", "\x7f"])
def test_credentials_end_no_line(text: str) -> None:
    for pair in ((text, "p"), ("u", text)):
        with pytest.raises(ValueError, match="control character"):
            Credentials(*pair)


def test_credentials_are_not_shown() -> None:
    credentials = Credentials("root", "hunter2")
    for shown in (repr(credentials), str(credentials), f"{[credentials]}"):
        assert "hunter2" not in shown
        assert "root" not in shown


pieces = st.sampled_from(
    [
        "Digest ",
        "Basic",
        "realm",
        "nonce",
        "=",
        '"',
        ",",
        " ",
        "\\",
        "a",
        "qop",
        "auth",
        "\x00",
        "MD5",
    ]
)


@given(st.lists(st.text() | st.lists(pieces).map("".join), max_size=5))
def test_anything_is_challenges_that_can_be_answered(headers: list[str]) -> None:
    for challenge in read_challenges(headers):
        header = answer(challenge, Credentials("u", "p"), "GET", "/", cnonce="c")
        assert "\r" not in header
        assert "\n" not in header


def test_a_long_challenge_takes_no_time() -> None:
    """None of these may make the pattern look again and again."""
    for header in ('a="' * 2700, "a" * 8000, " " * 8000, "a = " * 2000, '"\\' * 4000, ", " * 4000):
        assert read_challenges([header, "Digest " + header]) is not None
