"""What runs, with its licence: `make licences`. The list is of the installed packages' own metadata."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata

from tests.checkout import ROOT

PIN = re.compile(r"^([\w.-]+)(?:\[.*])?==([^\s;]+)", re.MULTILINE)


def pins(file: str = "requirements.txt") -> dict[str, str]:
    """Name and version of everything that a lock pins."""
    return dict(PIN.findall((ROOT / file).read_text()))


def licences() -> Iterator[tuple[str, str, str]]:
    """Name, version and licence of what runs here; what is for other systems only is not installed."""
    for name, version in pins().items():
        try:
            yield name, version, licence(name)
        except PackageNotFoundError:
            continue


def licence(name: str) -> str:
    """As its metadata says: an SPDX expression, or the older words."""
    about = metadata(name)
    words = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier", []) if line.startswith("License ::")]
    return about.get("License-Expression") or "; ".join(words) or (about.get("License") or "").partition("\n")[0]


if __name__ == "__main__":
    for row in licences():
        print("{:26} {:12} {}".format(*row))
