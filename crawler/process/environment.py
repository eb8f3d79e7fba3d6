"""The project's folders and its environment.

Importing this reads `.env`, of which a variable that is already set wins, and then the files of secrets.
"""

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

from dotenv import load_dotenv

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "default"  # scrapyd's name for our project: the key in scrapy.cfg
VERSION = "1.0.0"  # of all our code; CHANGELOG.md says what came with it
VAR = ROOT / "var"  # holds everything that is written while the system runs
SECRETS = ("SECRET_KEY", "SCRAPYD_PASSWORD", "VK_TOKENS", "SQLALCHEMY_DATABASE_URL", "DATABASE_LISTEN_URL")


def read_secrets(variables: MutableMapping[str, str]) -> None:
    """Set each secret `NAME` whose file `NAME_FILE` names, as Docker and Kubernetes hand secrets over.

    `NAME_FILE` is removed, because the processes that we start get the secret itself. Raises ValueError.
    """
    for name in SECRETS:
        if path := variables.pop(f"{name}_FILE", ""):
            if variables.get(name):
                raise ValueError(f"{name}_FILE and {name} are both set: keep one of them")
            variables[name] = _secret(f"{name}_FILE", Path(path))


def _secret(name: str, path: Path) -> str:
    try:
        secret = path.read_text().strip()
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{name} is not a text: {path}") from None
    if not secret:
        raise ValueError(f"{name} is empty: {path}")
    return secret


try:
    load_dotenv(ROOT / ".env")
except (OSError, ValueError) as error:
    sys.exit(f"{ROOT / '.env'} cannot be read: {error}")
try:
    read_secrets(os.environ)
except ValueError as error:
    sys.exit(str(error))


def seconds(name: str, default: float) -> float:
    """Read a positive number of seconds."""
    text = os.environ.get(name) or str(default)
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be a number of seconds above 0, not {text!r}")
    return value


def number(name: str, default: int, most: int, least: int = 0) -> int:
    """Read a whole number from `least` to `most`, or 0."""
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and (int(text) == 0 or least <= int(text) <= most)):
        span = f"0 or a whole number from {least}" if least else "a whole number from 0"
        raise ValueError(f"{name} must be {span} to {most}, not {text!r}")
    return int(text)


def switch(name: str, *, default: bool) -> bool:
    """Read an on or off."""
    text = os.environ.get(name) or str(default)
    words = {"1": True, "on": True, "true": True, "yes": True, "0": False, "off": False, "false": False, "no": False}
    if text.lower() not in words:
        raise ValueError(f"{name} must be on or off, not {text!r}")
    return words[text.lower()]


def is_plain(text: str) -> bool:
    """Whether all of it is printable ASCII. Programs do not agree on how an HTTP header carries anything else.

    https://www.rfc-editor.org/rfc/rfc7617#section-2.1
    """
    return text.isascii() and text.isprintable()
