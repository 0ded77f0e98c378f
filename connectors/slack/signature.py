"""Tells Slack's own requests from forged ones.

Ours rather than `slack_sdk.signature`: that one raises on a timestamp that is not a number, on a body that is not
UTF-8 and on a signature that is not ASCII, which a web server turns into 500. Everything here is bytes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

MAX_AGE = 300
"""Seconds, as Slack's documentation asks. A replay within them is harmless: the message's key is known already."""


def sign(secret: bytes, timestamp: bytes, body: bytes) -> bytes:
    """Return the value of `X-Slack-Signature`."""
    return b"v0=" + hmac.new(secret, b"v0:" + timestamp + b":" + body, hashlib.sha256).hexdigest().encode()


def genuine(secrets: Iterable[bytes], timestamp: bytes, signature: bytes, body: bytes, now: float) -> bool:
    """Whether one of `secrets` signed this body at most five minutes before or after `now` (Unix seconds)."""
    if not timestamp.isdigit() or len(timestamp) > 12 or abs(now - int(timestamp)) > MAX_AGE:
        return False
    return any(hmac.compare_digest(sign(secret, timestamp, body), signature) for secret in secrets)
