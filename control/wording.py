"""How rows read to people: times, and why a link failed."""

from datetime import UTC, datetime

from crawler.platforms import known
from crawler.reasons import Reason

SENTENCES = {str(reason): reason.sentence for reason in Reason}


def moment(seconds: float | None) -> str | None:
    """Write a time as RFC 3339 has it, in UTC, to the millisecond."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def advice(platform: str, reason: str, detail: str | None) -> str:
    """Say why, and what to do: the platform's own sentence for the detail, or else the reason's."""
    sentences: dict[str, str] = known()[platform].ADVICE if platform in known() else {}
    return sentences.get(detail or "") or SENTENCES.get(reason, reason)
