"""The control side's settings, from the environment only. No Flask here: the scheduler reads them too."""

import os
import re
import secrets
import ssl
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from control.times import DAY_SECONDS, NO_ZONE, Span
from crawler.process import environment
from crawler.process.secret_files import read_or_create

SETTINGS = "SETTINGS"  # their key in the app's configuration
LOCAL = ("localhost", "127.0.0.1", "[::1]")
ROLES = ("api", "scheduler", "node", "migrate")  # what a host may do; `make run` does all
SHORTEST_KEY_BYTES = 32  # RFC 7518, 3.2: no shorter than the hash of HS256


class SettingsError(ValueError):
    """Bad settings: a line for each variable with its name and the fix, never its value."""


def _listed(text: str) -> dict[str, int]:
    nodes = dict(_listed_node(word.strip()) for word in text.split(",") if word.strip())
    if not nodes:
        raise ValueError("must be addresses such as http://127.0.0.1:6800, separated by commas")
    return nodes


def _listed_node(text: str) -> tuple[str, int]:
    """Read an address and the slots of its node, 0 if they are not given."""
    url, mark, words = text.partition("#")
    given = re.fullmatch(r"slots=([1-9][0-9]{0,2}|1000)", words)
    if mark and not given:
        raise ValueError("must say how many runs a node takes as in http://k8s:6800#slots=8, from 1 to 1000")
    return _node(url), int(given[1]) if given else 0


def _node(url: str) -> str:
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and " " not in parts.netloc
        usable = parts.scheme in {"http", "https"} and named and parts.port != 0
    except ValueError:  # the port is not a number
        usable = False
    if not usable or parts.query or parts.fragment:
        raise ValueError("must be addresses such as http://127.0.0.1:6800, separated by commas")
    if parts.username or parts.password:
        raise ValueError("must not hold a name or password: set SCRAPYD_USERNAME and SCRAPYD_PASSWORD")
    return url.rstrip("/")


def _reachable(url: str) -> str:
    """Check the address of a scrapyd that is ours to start: it has nothing below its root."""
    try:
        parts = urlsplit(_node(url.strip()))
        usable = parts.path in {"", "/"}
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must be an address such as http://10.0.0.5:6800, where other hosts reach this one's scrapyd")
    return parts._replace(path="").geturl()


def _certificates(file: str) -> str:
    """Check a file with the certificates of authorities. Return its whole path: processes start in several folders."""
    path = environment.ROOT / Path(file.strip()).expanduser()
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        raise ValueError(f"must name a file with certificates of authorities in PEM; {path} has none") from None
    except OSError as error:
        raise ValueError(f"must name a file that can be read: {path}: {error.strerror}") from None
    return str(path)


def _roles(text: str) -> frozenset[str]:
    roles = frozenset(_words(text))
    if not roles or not roles <= set(ROLES):
        raise ValueError(f"must be some of {', '.join(ROLES)}, separated by commas; --roles sets it, too")
    return roles


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip().lower() for word in text.split(",") if word.strip()))


def _hosts(text: str) -> tuple[str, ...]:
    names = _words(text)
    if not all(re.fullmatch(r"\[[0-9a-f:.]+\]|[a-z0-9._-]+", name) for name in names):
        raise ValueError("must be names such as views.example.com, without port, separated by commas")
    return names


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(word) for word in _words(text))
    except ValueError:
        raise ValueError("must be addresses or networks such as 10.0.0.1 or 10.0.0.0/8, separated by commas") from None


def _origins(text: str) -> tuple[str, ...]:
    origins = _words(text)
    if not all(re.fullmatch(r"https?://[a-z0-9._\[\]:-]+", origin) for origin in origins):
        raise ValueError("must be origins such as https://app.example.com, separated by commas")
    return origins


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: it names a folder of zones
        raise ValueError(NO_ZONE) from None


class Settings(BaseSettings):
    """The settings of the API, the scheduler and the supervisor. Raises SettingsError."""

    model_config = SettingsConfigDict(env_ignore_empty=True, hide_input_in_errors=True, validate_default=False)

    secret_key: str = Field("", repr=False, validate_default=True)
    algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65_535)
    scrapyd_urls: Annotated[dict[str, int], NoDecode, BeforeValidator(_listed)] = {"http://127.0.0.1:6800": 0}
    node_url: Annotated[str, BeforeValidator(_reachable)] = ""
    scrapyd_bind_address: str = ""
    scrapyd_http_port: int | None = Field(None, ge=1, le=65_535)
    scrapyd_ca: Annotated[str, BeforeValidator(_certificates)] = ""
    scrapyd_username: str = "views"
    scrapyd_password: str = Field("", repr=False, validate_default=True)
    roles: Annotated[frozenset[str], NoDecode, BeforeValidator(_roles)] = frozenset(ROLES)
    max_runs: int = Field(os.cpu_count() or 1, ge=1, le=1000)
    batch_deadline: Span = float(DAY_SECONDS)
    registration: Literal["open", "closed"] = "open"
    share_readings: Literal["on", "off"] = "off"
    timezone: Annotated[str, BeforeValidator(_zone)] = "Europe/Moscow"
    trusted_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_hosts)] = ()
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)] = ()
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)] = ()
    reads_per_second: int = Field(200, ge=1)
    changes_per_minute: int = Field(300, ge=1)
    submissions_per_minute: int = Field(60, ge=1)
    links_per_minute: int = Field(500_000, ge=1)
    logins_per_hour: int = Field(120, ge=1)
    registrations_per_hour: int = Field(20, ge=1)
    most_waiting_links: int = Field(500_000, ge=1)
    most_links_per_day: int = Field(1_000_000, ge=1)
    most_stored_megabytes: int = Field(5_000, ge=1)
    most_followed_posts: int = Field(20_000, ge=1)
    most_readings_per_day: int = Field(100_000, ge=1)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingsError("\n".join(_line(each["loc"], each["msg"]) for each in error.errors())) from None

    @property
    def hosts(self) -> set[str]:
        """The names under which the API answers: the machine's own, the address it listens on, and the trusted ones."""
        own = f"[{self.host}]" if ":" in self.host else self.host
        return {*LOCAL, own.lower(), *self.trusted_hosts}

    @property
    def listed_nodes(self) -> dict[str, int]:
        """The slots of each node that counts although it has not registered. By default that is this host's own, if it
        has one.
        """
        own = "node" in self.roles and not self.node_url
        listed = self.scrapyd_urls if own or "scrapyd_urls" in self.model_fields_set else {}
        return {url: slots or self.max_runs for url, slots in listed.items()}

    @field_validator("secret_key")
    @classmethod
    def _key(cls, key: str) -> str:
        key = key or read_or_create(environment.VAR / "secret_key", lambda: secrets.token_urlsafe(48))
        if len(key.encode()) < SHORTEST_KEY_BYTES:
            raise ValueError(f"must be {SHORTEST_KEY_BYTES} bytes or longer; leave it out to have one made in var/")
        return key

    @field_validator("scrapyd_username")
    @classmethod
    def _username(cls, username: str) -> str:
        if ":" in username or " " in username or not environment.is_plain(username):
            raise ValueError("must be of printable ASCII characters, without a space or a colon")
        return username

    @field_validator("scrapyd_password")
    @classmethod
    def _password(cls, password: str) -> str:
        password = password or read_or_create(environment.VAR / "scrapyd_password", lambda: secrets.token_urlsafe(32))
        if not environment.is_plain(password):
            raise ValueError("must be of printable ASCII characters; leave it out to have one made in var/")
        return password


def _line(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    name = str(location[0]).upper()
    return f"{name} {text}" if text.startswith(("must", "cannot", "is ")) else f"{name}: {text}"
