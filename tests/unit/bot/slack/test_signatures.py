"""Our check of Slack's signature agrees with slack-sdk's where that one answers, and answers where that one raises."""

from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from bot.slack.signatures import MOST_AGE_S, is_slacks

SECRET, NOW = "a-secret", 1_700_000_000.0


def headers(stamp: str, signature: str) -> dict[bytes, bytes]:
    return {b"x-slack-request-timestamp": stamp.encode(), b"x-slack-signature": signature.encode()}


@given(st.text(max_size=200), st.integers(-400, 400))
def test_it_takes_what_slack_signs_within_five_minutes(body: str, age: int) -> None:
    stamp = str(int(NOW) - age)
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body.encode("utf-8", "replace"))
    taken = is_slacks(SECRET, headers(stamp, str(signature)), body.encode("utf-8", "replace"), NOW)
    assert taken is (abs(age) <= MOST_AGE_S)


@given(st.binary(max_size=50), st.binary(max_size=80), st.binary(max_size=50))
def test_it_never_raises_and_takes_no_guess(stamp: bytes, signature: bytes, body: bytes) -> None:
    assert not is_slacks(SECRET, {b"x-slack-request-timestamp": stamp, b"x-slack-signature": signature}, body, NOW)
    assert not is_slacks("", {}, body, NOW)
