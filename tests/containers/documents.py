"""What the documents tell people to type: taken from there, so that what is tried is what is told."""

import re
from pathlib import Path

from tests.checkout import ROOT


def section(file: str, title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", (ROOT / file).read_text(), re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def snippets(text: str) -> list[str]:
    """Return the blocks of commands, without what they are indented by."""
    found = re.findall(r"^( *)```sh\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def session(text: str) -> list[tuple[str, str]]:
    """Return the commands of a session at a terminal, each with what the document says that it prints."""
    blocks = "".join(re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    entries = re.split(r"^\$ ", blocks, flags=re.MULTILINE)[1:]
    found = (re.match(r"((?:[^\n]*\\\n)*[^\n]*\n)(.*)", entry, re.DOTALL) for entry in entries)
    return [(entry[1], entry[2]) for entry in found if entry]


def write_docker(folder: Path, compose: Path) -> None:
    """Put a program `docker` into the folder, which knows `docker compose …` only: the tests have Compose alone."""
    program = folder / "docker"
    program.write_text(f'#!/bin/sh\n[ "$1" = compose ] && shift && exec {compose} --ansi=never "$@"\n')
    program.chmod(0o755)
