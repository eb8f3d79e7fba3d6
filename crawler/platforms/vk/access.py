"""How VK is reached: tokens, addresses, requests per second."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from crawler.platforms.contract import Credential

SETTINGS = {
    "VK_TOKENS": "",
    "VK_API_URL": "https://api.vk.com",
    "VK_SITE_URL": "https://vk.com",
    "VK_VIDEO_URL": "https://vkvideo.ru",
    "VK_REQUESTS_PER_SECOND": "3",
    "EGRESS": "",
}
LONGEST_EGRESS = 64  # characters
# VK's pages redirect from one of these hosts to another.
PAGE_HOSTS = ("vk.com", "m.vk.com", "vk.ru", "m.vk.ru", "vkvideo.ru", "m.vkvideo.ru")


@dataclass(frozen=True, slots=True)
class Access:
    """`rate` is the requests per second of each budget: of a token, or of a host that serves pages. `site` lists the
    hosts, with their ports, that count as one site: a page of one may redirect to another. `egress` names the address
    that our requests come from: VK counts requests for pages by it, so pages have a budget for each.
    """

    credentials: tuple[Credential, ...] = field(repr=False)
    api_url: str
    site_url: str
    video_url: str
    rate: float
    egress: str = ""

    @property
    def site(self) -> frozenset[str]:
        return frozenset(PAGE_HOSTS) | {_host(self.site_url), _host(self.video_url)}


def access(environment: Mapping[str, str]) -> Access:
    """Read the settings. Raises ValueError, which names the wrong one."""
    given = {name: environment.get(name, "").strip() or default for name, default in SETTINGS.items()}
    return Access(
        _credentials(given["VK_TOKENS"]),
        _base("VK_API_URL", given["VK_API_URL"]),
        _base("VK_SITE_URL", given["VK_SITE_URL"]),
        _base("VK_VIDEO_URL", given["VK_VIDEO_URL"]),
        _rate(given["VK_REQUESTS_PER_SECOND"]),
        _egress(given["EGRESS"]),
    )


def _credentials(tokens: str) -> tuple[Credential, ...]:
    secrets = dict.fromkeys(token.strip() for token in tokens.split(",") if token.strip())
    for place, secret in enumerate(secrets, 1):
        if not (secret.isascii() and secret.isprintable()) or " " in secret:
            raise ValueError(f"VK_TOKENS: token {place} holds a character that no token has")
    return tuple(Credential(sha256(secret.encode()).hexdigest()[:16], secret) for secret in secrets)


def _base(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        right = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and " " not in parts.netloc
    except ValueError:
        right = False
    if not right or parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{name} must be http:// or https:// with a host and nothing after it")
    return f"{parts.scheme}://{parts.netloc}"


def _host(url: str) -> str:
    """Return the host, with its port unless that is the scheme's default."""
    scheme, _, host = url.lower().partition("://")
    return host.removesuffix(":443" if scheme == "https" else ":80")


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0.01 <= rate <= 1000:
        raise ValueError(f"VK_REQUESTS_PER_SECOND must be a number from 0.01 to 1000, not {text!r}")
    return rate


def _egress(name: str) -> str:
    if len(name) > LONGEST_EGRESS or " " in name or not (name.isascii() and name.isprintable()):
        raise ValueError(f"EGRESS must be a name or an address of up to {LONGEST_EGRESS} characters, not {name[:80]!r}")
    return name
