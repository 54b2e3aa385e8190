"""Our check of Slack's signature agrees with slack-sdk's where that one answers, and answers where that one raises."""

from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from bot.slack.signatures import signed_at

SECRET = "a-secret"


def headers(stamp: str, signature: str) -> dict[bytes, bytes]:
    return {b"x-slack-request-timestamp": stamp.encode(), b"x-slack-signature": signature.encode()}


@given(st.text(max_size=200), st.integers(0, 999_999_999_999))
def test_it_tells_when_slack_signed(body: str, at: int) -> None:
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=str(at), body=body.encode("utf-8", "replace"))
    assert signed_at(SECRET, headers(str(at), str(signature)), body.encode("utf-8", "replace")) == at


@given(st.binary(max_size=50), st.binary(max_size=80), st.binary(max_size=50))
def test_it_never_raises_and_takes_no_guess(stamp: bytes, signature: bytes, body: bytes) -> None:
    assert signed_at(SECRET, {b"x-slack-request-timestamp": stamp, b"x-slack-signature": signature}, body) is None
    assert signed_at("", {}, body) is None
