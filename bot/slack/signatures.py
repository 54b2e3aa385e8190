"""Whether a request is Slack's, and when it was signed. Pure.

Not slack-sdk's verifier: a timestamp that is no number, a signature with a letter that is not ASCII and a body that is
not UTF-8 make that one raise. The scheme is Slack's: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import re
from collections.abc import Mapping

MOST_AGE_S = 300  # either way: clocks differ


def signed_at(secret: str, headers: Mapping[bytes, bytes], body: bytes) -> int | None:
    """In seconds since 1970, by Slack's clock; None: Slack did not sign it. `headers` by their lower-case names.
    Whatever they hold, it never raises."""
    stamp = headers.get(b"x-slack-request-timestamp", b"")
    if not secret or not re.fullmatch(rb"[0-9]{1,12}", stamp):
        return None
    digest = hmac.new(secret.encode(), b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest()
    signed = hmac.compare_digest(b"v0=" + digest.encode(), headers.get(b"x-slack-signature", b""))
    return int(stamp) if signed else None
