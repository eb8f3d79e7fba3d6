"""Where the project lies, and its environment: importing this module reads `.env`; what is set already wins over it."""

import os
from pathlib import Path

from dotenv import load_dotenv

ROOT = Path(__file__).resolve().parents[1]
VAR = ROOT / "var"  # everything that is written while the system runs

load_dotenv(ROOT / ".env")


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
