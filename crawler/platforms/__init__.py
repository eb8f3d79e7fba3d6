"""The platforms. This package finds them by itself: each module with a `NAME` is a `Platform`."""

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, cast

from crawler.platforms.contract import FOREIGN, Platform, Rejected, Target
from crawler.reasons import Reason

OF_SPIDERS = "_views"  # what the name of each platform's spider ends with

if TYPE_CHECKING:
    from crawler.platforms import vk

    CHECKED: tuple[Platform, ...] = (vk,)  # mypy compares each of these modules with the contract


@cache
def known() -> dict[str, Platform]:
    """Return the platforms, sorted by their names."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {module.NAME: cast("Platform", module) for module in modules if hasattr(module, "NAME")}


def spider_of(platform: str) -> str:
    """Name the spider of a platform."""
    return f"{platform}{OF_SPIDERS}"


def platform_of(spider: str) -> str:
    """Name the platform of a spider."""
    return spider.removesuffix(OF_SPIDERS)


def address(platform: str, key: str | None) -> str | None:
    """Return the address of a post; None where its key is not known."""
    return known()[platform].canonical(key) if key else None


def wall(platform: str, key: str | None) -> str | None:
    """Return the address of the wall that shows a post; None where its key is not known."""
    return known()[platform].wall(key) if key else None


def identify(text: str) -> Target | Rejected:
    """Offer a link to every platform. If several accept it, it is refused: we must not count the wrong post."""
    said = [platform.identify(text) for platform in known().values()]
    takers = [found for found in said if isinstance(found, Target)]
    if len(takers) == 1:
        return takers[0]
    if takers:
        return Rejected(Reason.INVALID_LINK, "ambiguous", takers[0].platform)
    return _refusal(said)


def _refusal(said: list[Target | Rejected]) -> Rejected:
    """Choose the most informative refusal; among equals, the first."""
    refusals = [
        found._replace(platform=name) for name, found in zip(known(), said, strict=True) if isinstance(found, Rejected)
    ]
    return max(refusals, key=_informativeness)


def _informativeness(refusal: Rejected) -> tuple[bool, bool, bool]:
    """Rank a refusal: is the site the platform's, could it be, and does the platform explain the detail?"""
    foreign = refusal.detail.startswith(FOREIGN)
    return refusal.reason != Reason.INVALID_LINK, not foreign, refusal.detail in known()[refusal.platform].ADVICE
