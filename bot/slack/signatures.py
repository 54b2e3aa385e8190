"""Whether a request is Slack's: its signature and its age. Pure.

Not slack-sdk's verifier: a timestamp that is no number, a signature with a letter that is not ASCII and a body that is
not UTF-8 make that one raise. The scheme is Slack's: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import re
from collections.abc import Mapping

MOST_AGE_S = 300  # either way: clocks differ


def is_slacks(secret: str, headers: Mapping[bytes, bytes], body: bytes, now: float) -> bool:
    """`headers` by their lower-case names, `now` in seconds since 1970. Whatever they hold, it never raises."""
    stamp = headers.get(b"x-slack-request-timestamp", b"")
    if not secret or not re.fullmatch(rb"[0-9]{1,12}", stamp) or abs(now - int(stamp)) > MOST_AGE_S:
        return False
    digest = hmac.new(secret.encode(), b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(b"v0=" + digest.encode(), headers.get(b"x-slack-signature", b""))
