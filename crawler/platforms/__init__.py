"""The platforms: pure knowledge of links, requests and answers, found by walking this package.

A platform is a module or package with a `NAME` and these names, all of them total and without side effects:

* `SETTINGS`: its environment variables with their defaults; `access(environment)` turns them into its `Access`
* `identify(text)`: the `Target` of a link, or why there is none (`Rejected`; `ADVICE` has a sentence for each detail)
* `target(key, access_key)`: the `Target` of a stored post; `canonical(key)`: the address to show
* `calls(wants, access, usable)`: the fewest requests that measure these; what they leave out waits for a credential
* `read(call, reply)`: the `Answer`; `useful(kind)`: whether a credential of this kind measures anything at all
"""

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from crawler.platforms.contract import Rejected, Target


@cache
def known() -> dict[str, ModuleType]:
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


def identify(text: str) -> Target | Rejected:
    """Ask every platform; the last refusal counts when none accepts."""
    answer: Target | Rejected | None = None
    for platform in known().values():
        answer = platform.identify(text)
        if isinstance(answer, Target):
            break
    assert answer is not None, "no platform at all"
    return answer
