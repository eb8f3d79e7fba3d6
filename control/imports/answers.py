"""What is answered when an import is accepted, as it is kept for those who ask again."""

from typing import Any

from crawler.platforms.advice import advice
from crawler.platforms.contract import Rejected
from crawler.queue.acceptance import Entry, Receipt


def describe(receipt: Receipt, entries: list[Entry]) -> dict[str, Any]:
    """Write down all that the answer says except addresses."""
    return {
        "receipt": {name: getattr(receipt, name) for name in ("batch_id", "accepted", "duplicates", "rejected")},
        "rejected": [_rejected(each, each.found) for each in entries if isinstance(each.found, Rejected)],
        "duplicates": [(each.position, each.duplicate_of) for each in entries if each.duplicate_of is not None],
    }


def _rejected(entry: Entry, why: Rejected) -> dict[str, Any]:
    said = {"reason": why.reason, "detail": why.detail, "advice": advice(why.platform, why.reason, why.detail)}
    return {"position": entry.position, "link": entry.link, **said}
