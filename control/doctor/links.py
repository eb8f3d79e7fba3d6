"""What every source says of a link, and which of them a run would believe."""

from collections.abc import Sequence

from control.doctor.findings import LinkFound, Said
from control.doctor.vk import in_words
from control.doctor.wire import NotAsked, Wire
from crawler.platforms.contract import Call, Credential, Gone, Measured, Outcome, Rejected, Target
from crawler.platforms.vk import ADVICE, canonical, identify, probes

NOBODY = "nobody"


def look_at(wire: Wire, link: str, tokens: Sequence[Credential]) -> LinkFound:
    target = identify(link)
    if isinstance(target, Rejected):
        why = ADVICE.get(target.detail) or target.reason.sentence
        return LinkFound(link, "", [Said("the rules for links", None, target.reason, target.detail)], NOBODY, why)
    outcomes = {name: _ask(wire, name, call, target) for name, call in _sources(wire, target, tokens)}
    said = [_said(name, outcome) for name, outcome in outcomes.items()]
    return LinkFound(link, canonical(target.key), said, *_winner(outcomes))


def _sources(wire: Wire, target: Target, tokens: Sequence[Credential]) -> list[tuple[str, Call]]:
    """List the sources in the order in which a run asks them: tokens, then pages if no token can read such posts."""
    places = {credential.budget: place for place, credential in enumerate(wire.access.credentials, 1)}
    found = []
    for credential in tokens:
        call = probes.by_token(target, credential, wire.access)
        if call:
            found.append((f"token {places[credential.budget]}", call))
    return [*found, *((source.name, source.call) for source in probes.pages(target, wire.access))]


def _ask(wire: Wire, name: str, call: Call, target: Target) -> Outcome | NotAsked:
    try:
        reply = wire.ask(f"{target.key}-{name}", call)
    except NotAsked as nothing:
        return nothing
    return probes.read(call, reply).outcomes[target]


def _said(source: str, outcome: Outcome | NotAsked) -> Said:
    if isinstance(outcome, NotAsked):
        return Said(source, None, None, str(outcome))
    if isinstance(outcome, Measured):
        return Said(source, outcome.views, None, outcome.source)
    return Said(source, None, outcome.reason, in_words(outcome))


def _winner(outcomes: dict[str, Outcome | NotAsked]) -> tuple[str, str]:
    """Choose the first source with a final answer. A run asks pages only if no token can read such posts."""
    by_token = {name for name in outcomes if name.startswith("token")}
    for name, outcome in outcomes.items():
        if name in by_token and isinstance(outcome, Measured | Gone):
            return name, "it is the first token that does such posts, and its word is final"
        if not by_token and isinstance(outcome, Measured | Gone):
            return name, "no token does such posts, so that its page is read"
    if by_token:
        return NOBODY, "no token has a final word: it would be asked again"
    return NOBODY, "no source has a final word: it would be asked again"
