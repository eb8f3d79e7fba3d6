"""Links as people paste them: one on each line, or within other text."""

import re

LINK = re.compile(
    r"(?:https?://|(?:www\.|m\.)?vk\.(?:com|ru)/|vkvideo\.ru/|\b(?:wall|video|clip)-?[0-9])[^\s<>\"«»]*", re.IGNORECASE
)
AROUND = ".,;:!?()[]{}'"  # belongs to the sentence around a link, not to the link


def links(text: str) -> list[str]:
    """Find the links. A line of one word counts as a link, whatever it is; in other lines only what looks like one."""
    return [link for line in text.splitlines() if line.strip() for link in _of_line(line.strip())]


def _of_line(line: str) -> list[str]:
    return [line] if len(line.split(maxsplit=1)) == 1 else [found.rstrip(AROUND) for found in LINK.findall(line)]
