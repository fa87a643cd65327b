"""Only public https addresses are told, whatever people type in."""

import pytest

from alerts.outbound import NotAllowed, Outbound

PUBLIC = Outbound(timeout_s=2)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "ftp://example.com/",
        "https://user:secret@93.184.215.14/",
        "https:///nothing",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://2130706433/",
        "https://no-such-name.invalid/",
        "not an address",
    ],
)
async def test_an_address_that_is_not_public_https_is_not_asked(url):
    with pytest.raises(NotAllowed):
        await PUBLIC.check(url)


@pytest.mark.parametrize("url", ["https://93.184.215.14/hook", "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:8443/a?b=c"])
async def test_a_public_address_is_asked(url):
    await PUBLIC.check(url)


async def test_a_closed_site_may_tell_its_own_network():
    await Outbound(timeout_s=2, private_targets=True).check("http://127.0.0.1:9/hook")
