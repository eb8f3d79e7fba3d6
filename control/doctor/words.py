"""The doctor's findings as text for a terminal."""

from collections.abc import Iterator

from control.doctor.findings import Finding, LinkFound, Report

MARKS = {True: "ok ", False: "NO ", None: "-- "}


def write(report: Report) -> str:
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield from map(_finding, report.findings)
    for link in report.links:
        yield from _link(link)
    yield ""
    if report.ok:
        yield f"Numbers can be had, by {', '.join(report.sources)}."
    else:
        yield f"No numbers can be had. Mend first: {report.first}"


def plain(text: str) -> str:
    """Escape what a terminal would obey, because a link may be any text that somebody pasted."""
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)


def _finding(found: Finding) -> str:
    return f"{MARKS[found.ok]} {found.part:9} {plain(found.what)}: {plain(found.says)}"


def _link(found: LinkFound) -> Iterator[str]:
    yield ""
    yield f"{plain(found.link)}{f'  ({found.post})' if found.post else ''}"
    for said in found.said:
        number = f"{said.views} views, " if said.views is not None else ""
        yield f"    {said.source:14} {number}{plain(said.detail)}"
    yield f"    believed: {found.wins}; {found.why}"
