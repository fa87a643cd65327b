"""The key by which push services know an installation (VAPID, RFC 8292)."""

import base64
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02


class PushKey:
    """Signs what is pushed."""

    def __init__(self, private_key: str, contact: str) -> None:
        """`private_key`: base64url of 32 bytes.

        Raises:
            ValueError: it is none.
        """
        self._vapid, self._contact = Vapid02.from_raw(private_key.encode()), contact

    @property
    def public(self) -> str:
        """base64url of the uncompressed point, as `PushManager.subscribe` wants it."""
        numbers = self._vapid.public_key.public_numbers()
        point = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()

    def headers(self, endpoint: str) -> dict[str, str]:
        """That prove to the endpoint's service who is sending."""
        parts = urlsplit(endpoint)
        signed: dict[str, str] = self._vapid.sign({"aud": f"{parts.scheme}://{parts.netloc}", "sub": self._contact})
        return signed


def new_push_key() -> str:
    """A private key for `PushKey`."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
