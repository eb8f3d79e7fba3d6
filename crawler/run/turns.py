"""How long a run stays when there is nothing to do just now, and when it makes room for others."""

import logging
import math
from time import monotonic

from crawler.reasons import Reason
from crawler.run.credentials import Credentials
from crawler.run.ledger import Ledger
from crawler.run.pool import Pool

STAY_SECONDS = 10.0  # a run stays for links that are due so soon; later ones get a run of their own
TURN_SECONDS = 30.0  # after that, a run makes room when another batch waits for one,
FIRST_TURN_SECONDS = 5.0  # or after that, when it has never had any; where a batch has several, the youngest at once
LOOK_SECONDS = 1.0  # between two looks whether somebody waits
WAIT_SECONDS = 60.0  # a batch without a usable credential looks again after so long, for somebody may have replaced it
AD_HOC_SECONDS = 120.0  # an ad-hoc run waits no longer than this for a credential, because somebody waits for the run

logger = logging.getLogger(__name__)


class Turns:
    """An ad-hoc run stays until every link is final."""

    def __init__(self, ledger: Ledger, pool: Pool, credentials: Credentials, *, ad_hoc: bool) -> None:
        self.ledger = ledger
        self.pool = pool
        self.credentials = credentials
        self.ad_hoc = ad_hoc
        self.started = monotonic()
        self.looked = self.started
        self.over = False

    async def turn_is_over(self) -> bool:
        """Whether this run should ask nothing more, because another batch waits for its slot."""
        if not (self.ad_hoc or self.over) and monotonic() - self.looked >= LOOK_SECONDS:
            self.looked = monotonic()
            self.over = await self._is_over(self.looked - self.started)
        return self.over

    async def _is_over(self, seconds: float) -> bool:
        served = await self.ledger.longest_waiting()
        if served is None:
            return False
        siblings = await self.ledger.siblings()
        if siblings.older or siblings.younger:  # the youngest one makes room; the others look again afterwards
            return not siblings.younger
        return seconds >= (TURN_SECONDS if served else FIRST_TURN_SECONDS)

    async def worth_waiting(self) -> bool:
        """Whether this run, with nothing on its way, should stay: links are due soon, or a pause is about to end."""
        if self.pool.links:
            return await self._stays_for_credential()
        due = await self.ledger.next_due()
        if due is None or self.ad_hoc:
            return due is not None
        if due > 0 and await self.ledger.longest_waiting() is not None:
            return False  # another batch can use the slot now
        return due <= STAY_SECONDS and not (await self.ledger.siblings()).older

    async def _stays_for_credential(self) -> bool:
        seconds, why = self.credentials.shortest_pause() or (math.inf, "no usable access token")
        if seconds <= (AD_HOC_SECONDS if self.ad_hoc else STAY_SECONDS):
            return True
        logger.warning("Nothing can be asked now: %s", why)
        if self.ad_hoc:
            await self.ledger.give_up(Reason.CREDENTIAL)
        else:
            await self.ledger.postpone_part(why, min(seconds, WAIT_SECONDS))
        return False
