"""What VK answers us: which methods each token may call, and whether its pages can be read."""

import time
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

from control.doctor.findings import CLOCK, VK, Report
from control.doctor.wire import NotAsked, Wire
from crawler.platforms.contract import Again, Call, Credential, Gone, Measured, Outcome
from crawler.platforms.vk import probes
from crawler.platforms.vk.errors import NOT_FOR_COMMUNITIES, Action, VkError
from crawler.reasons import Reason

TOLERATED_SECONDS = 60.0  # between two clocks, as much as for our own tokens
RIGHT = "Give the application of token {place} the right to {method}, or set another token in VK_TOKENS."
DEAD = "Replace token {place} in VK_TOKENS: {why}."


@dataclass(frozen=True, slots=True)
class Method:
    """Whether a token may call a method, and why not. None: it could not be told this time."""

    name: str
    may: bool | None
    why: str = ""


def look_at_tokens(report: Report, wire: Wire) -> list[Credential]:
    """Report on the tokens. Return those that can read posts, with their kinds."""
    given = wire.access.credentials
    if not given:
        report.add(VK, "VK_TOKENS", ok=None, says="no token is set: pages are read, a post a request")
    found = [_look_at(report, wire, place, credential) for place, credential in enumerate(given, 1)]
    return [credential for credential in found if credential]


def _look_at(report: Report, wire: Wire, place: int, credential: Credential) -> Credential | None:
    asked = {method: _ask(wire, place, probes.of_method(method, credential, wire.access)) for method in probes.METHODS}
    refusals = {name: said for name, said in asked.items() if not isinstance(said, NotAsked)}
    kind = probes.kind(refusals)
    methods = [_method(name, asked[name]) for name in probes.METHODS]
    reads = methods[0].may is True
    says = f"{kind or 'of unknown kind'}; " + ", ".join(map(_words, methods))
    report.add(VK, f"token {place}", reads, says, "" if reads else _mend(place, methods[0], asked[methods[0].name]))
    if not reads:
        return None
    report.sources.append(f"token {place}")
    lacks = tuple(method.name for method in methods if method.may is False)
    return replace(credential, kind=kind, lacks=lacks)


def _ask(wire: Wire, place: int, call: Call) -> VkError | str | NotAsked | None:
    try:
        return probes.refusal(wire.ask(f"token-{place}-{call.url.rpartition('/')[2]}", call))
    except NotAsked as nothing:
        return nothing


def _method(name: str, said: VkError | str | NotAsked | None) -> Method:
    if said is None:
        return Method(name, may=True)
    passes = not isinstance(said, VkError) or said.meaning.action in {Action.RETRY, Action.PAUSE_TOKEN}
    return Method(name, None if passes else False, str(said))


def _words(method: Method) -> str:
    return (
        f"{method.name} yes" if method.may else f"{method.name} {'no' if method.may is False else '?'} ({method.why})"
    )


def _mend(place: int, walls: Method, said: VkError | str | NotAsked | None) -> str:
    if walls.may is None:
        return f"Look again later: token {place} {walls.why}."
    if isinstance(said, VkError) and said.closes_method and said.code != NOT_FOR_COMMUNITIES:
        return RIGHT.format(place=place, method=walls.name)
    return DEAD.format(place=place, why=walls.why)


def look_at_pages(report: Report, wire: Wire) -> None:
    for name, call in probes.site(wire.access).items():
        ok, says = _page(wire, name, call)
        report.add(VK, name, ok, says, "" if ok else f"Set VK_TOKENS: {name} does not show us a post.")
        if ok:
            report.sources.append(name)


def _page(wire: Wire, name: str, call: Call) -> tuple[bool, str]:
    try:
        reply = wire.ask(f"page-{name}", call)
    except NotAsked as nothing:
        return False, str(nothing)
    led = "" if reply.url == call.url else f", leads to {reply.url}"
    outcome = probes.read(call, reply).outcomes[call.wants[0].target]
    return shown(outcome), f"HTTP {reply.status}{led}: {in_words(outcome)}"


def shown(outcome: Outcome) -> bool:
    """Whether the page says something of the post, even that it is gone, so that nothing blocks the page."""
    if isinstance(outcome, Measured):
        return True
    in_the_way = {Reason.BLOCKED, Reason.LAYOUT_CHANGED, Reason.VK_ERROR, Reason.BAD_RESPONSE, Reason.NETWORK}
    return isinstance(outcome, Gone) and outcome.reason not in in_the_way


def in_words(outcome: Outcome) -> str:
    if isinstance(outcome, Measured):
        return f"{outcome.views} views by {outcome.source}"
    more = " (would be asked again)" if isinstance(outcome, Again) else ""
    return f"{outcome.reason}: {outcome.detail}{more}" if outcome.detail else f"{outcome.reason}{more}"


def look_at_clock(report: Report, date: str) -> None:
    """Compare our clock with the Date of VK's last answer (RFC 9110, 6.6.1)."""
    try:
        ahead = time.time() - parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        return
    ok = abs(ahead) <= TOLERATED_SECONDS
    says = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} VK's"
    report.add(CLOCK, "this machine", ok, says, "" if ok else "Set this machine's clock: measurements carry its time.")
