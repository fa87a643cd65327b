"""Requests to addresses that people typed in: only public ones, only where the name pointed when it was checked."""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from fleet.errors import InvalidInput

MOST_BYTES: Final = 64 * 1024  # of an answer; nothing in it matters but its status
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotAllowed(InvalidInput):
    """An address that is not asked, whoever wants it: not https, not public, or unknown."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """Posts to public https addresses. `private_targets`: to any, for a site that is closed to the outside."""

    timeout_s: float
    private_targets: bool = False

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Status of the answer; redirects are not followed.

        The name is resolved once and the connection goes to that very address: a name that points elsewhere a moment later
        changes nothing.

        Raises:
            NotAllowed: not an address we ask. httpx.HTTPError, TimeoutError: no answer.
        """
        async with asyncio.timeout(self.timeout_s):
            target = self.parse(url)
            address = await self._resolve(target)
            pinned = target.copy_with(host=str(address))
            told = {**headers, "Host": target.netloc.decode("ascii")}
            async with (
                httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=self.timeout_s) as client,
                client.stream("POST", pinned, content=body, headers=told, extensions={"sni_hostname": target.host}) as answer,
            ):
                await _drain(answer)
                return answer.status_code

    def parse(self, url: str) -> httpx.URL:
        """The address, if its form allows it.

        Raises:
            NotAllowed: it does not.
        """
        try:
            target = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise NotAllowed(f"This is no web address: {error}.") from error
        if target.scheme not in (("https", "http") if self.private_targets else ("https",)) or not target.host:
            raise NotAllowed("Only https addresses are told.")
        if target.userinfo:
            raise NotAllowed("An address with a name and password in it is not used.")
        return target

    async def check(self, url: str) -> None:
        """Raises NotAllowed where the address would not be asked now."""
        target = self.parse(url)
        try:
            async with asyncio.timeout(self.timeout_s):
                await self._resolve(target)
        except TimeoutError as error:
            raise NotAllowed(f"The name {target.host} cannot be looked up at the moment.") from error

    async def _resolve(self, target: httpx.URL) -> _Address:
        port = target.port or (443 if target.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(target.host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NotAllowed(f"The name {target.host} is not known.") from error
        addresses = [_unwrapped(ipaddress.ip_address(str(each[4][0]).partition("%")[0])) for each in found]
        if not self.private_targets and not all(address.is_global and not address.is_multicast for address in addresses):
            raise NotAllowed(f"{target.host} is not a public address.")
        return addresses[0]


def _unwrapped(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 one may hide."""
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if hidden is None and address in ipaddress.ip_network("64:ff9b::/96"):
            hidden = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return hidden or address
    return address


async def _drain(answer: httpx.Response) -> None:
    read = 0
    async for piece in answer.aiter_raw():
        read += len(piece)
        if read > MOST_BYTES:
            return
