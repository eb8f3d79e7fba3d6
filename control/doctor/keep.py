"""Stores VK's answers for a bug report: their structure, without what people wrote or who they are."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from crawler.platforms.contract import Call, Reply
from crawler.platforms.vk import skeleton

UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def keeper(folder: Path | None) -> Callable[[str, Call, Reply], None]:
    """Return a function that writes an answer into the folder, reduced by a white list. Without a folder it does
    nothing.
    """
    if folder is None:
        return lambda _name, _call, _reply: None
    folder.mkdir(parents=True, exist_ok=True)
    return lambda name, call, reply: _keep(folder, name, call, reply)


def _keep(folder: Path, name: str, call: Call, reply: Reply) -> None:
    stem = folder / UNSAFE.sub("-", name)
    described = {
        "asked": call.url.partition("?")[0],
        "led_to": reply.url.partition("?")[0],
        "status": reply.status,
        "content_type": reply.content_type,
        "bytes": len(reply.body),
    }
    stem.with_suffix(".about.json").write_text(json.dumps(described, indent=1))
    kept, kind = skeleton.of(reply)
    stem.with_suffix(f".{kind}").write_text(kept)
