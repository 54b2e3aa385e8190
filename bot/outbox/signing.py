"""Signatures as the Standard Webhooks specification has them (version 1: HMAC-SHA256), so that a receiver can use the
library of its language. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Sequence


def signature(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature: one signature a key, so that a receiver may change from one to the next."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
