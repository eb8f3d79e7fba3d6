"""Settings of the control plane. Each has a working default; the crawler and the platforms read their own."""

import os
import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from control.secret_files import secret

SHORTEST_KEY = 32  # bytes; RFC 7518 wants as many for HS256
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_ignore_empty=True, hide_input_in_errors=True)

    secret_key: str = Field(default_factory=lambda: secret("secret_key"), repr=False)
    algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    scrapyd_urls: Annotated[tuple[str, ...], NoDecode] = ("http://127.0.0.1:6800",)
    scrapyd_username: str = "views"
    scrapyd_password: str = Field(default_factory=lambda: secret("scrapyd_password"), repr=False)
    max_runs: Annotated[int, Field(ge=1, le=1000)] = Field(default_factory=lambda: os.cpu_count() or 1)
    batch_deadline: float = 24 * 3600.0  # seconds

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, key: str) -> str:
        if len(key.encode()) < SHORTEST_KEY:
            raise ValueError(f"must have at least {SHORTEST_KEY} bytes, such as those of `openssl rand -base64 48`")
        return key

    @field_validator("scrapyd_urls", mode="before")
    @classmethod
    def _urls(cls, text: Any) -> Any:
        if not isinstance(text, str):
            return text
        urls = tuple(url.strip().rstrip("/") for url in text.split(",") if url.strip())
        if not urls or not all(_is_base(url) for url in urls):
            raise ValueError("must be one or more addresses such as http://127.0.0.1:6800, separated by commas")
        return urls

    @field_validator("batch_deadline", mode="before")
    @classmethod
    def _seconds(cls, text: Any) -> Any:
        if not isinstance(text, str):
            return text
        found = re.fullmatch(r"([0-9]{1,6})([smhd])", text.strip())
        if not found or int(found[1]) == 0:
            raise ValueError("must be a time such as 90s, 30m, 24h or 7d")
        return float(int(found[1]) * UNITS[found[2]])


def _is_base(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and not parts.path
    except ValueError:
        return False


def load() -> Settings:
    """Read the settings; ValueError names the wrong one and the cure, never its value."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        raise ValueError(f"{name} {first['msg'].removeprefix('Value error, ')}") from None
