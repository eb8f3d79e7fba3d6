"""Where the project lies, and its environment: importing this module reads `.env`; what is set already wins over it."""

import os
import sys
from pathlib import Path

from dotenv import load_dotenv

ROOT = Path(__file__).resolve().parents[1]
VAR = ROOT / "var"  # everything that is written while the system runs

try:
    load_dotenv(ROOT / ".env")
except (OSError, ValueError) as error:
    sys.exit(f"{ROOT / '.env'} cannot be read: {error}")


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


def number(name: str, default: int, most: int) -> int:
    """Read a whole number from 0."""
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and int(text) <= most):
        raise ValueError(f"{name} must be a whole number from 0 to {most}, not {text!r}")
    return int(text)


def switch(name: str, *, default: bool) -> bool:
    """Read an on or off."""
    text = os.environ.get(name) or str(default)
    words = {"1": True, "on": True, "true": True, "yes": True, "0": False, "off": False, "false": False, "no": False}
    if text.lower() not in words:
        raise ValueError(f"{name} must be on or off, not {text!r}")
    return words[text.lower()]
