"""What a platform and the generic spider say to each other. Plain values: no network, no database, no clock.

Those that there is one of for each link are named tuples: made, compared and hashed in a quarter of a dataclass's time.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from crawler.reasons import Reason


class Target(NamedTuple):
    """The post a link points to. `key` is the post's identity on its platform: `wall-1_2`.

    The access key belongs to the link, not to the post: it travels with the request only.
    """

    platform: str
    kind: str
    owner: int
    item: int
    key: str
    access_key: str = ""


class Rejected(NamedTuple):
    """Why a link has no target. `detail` is one word of the platform's rules; its `ADVICE` has a sentence for it."""

    reason: Reason
    detail: str


class Want(NamedTuple):
    """A target that waits to be measured, and what earlier answers taught about asking for it."""

    target: Target
    together: int = 0  # at most so many targets in its group; 0: as many as the platform takes
    missed: int = 0  # so many answers left it out while they held items nobody had asked for


@dataclass(frozen=True, slots=True)
class Credential:
    """An access token. The database knows it by its fingerprint only; `kind` is empty until an answer tells it."""

    fingerprint: str
    secret: str = field(repr=False)
    kind: str = ""
    most: int = 0  # at most so many targets in one call, once an answer told; 0: as many as the platform takes

    @property
    def budget(self) -> str:
        """The key of the budget that its requests draw on."""
        return f"token:{self.fingerprint}"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that measures some targets, in groups where the platform carries several calls in one.

    A GET without a form, a POST with one. `budget` names the credential or host whose requests per second it uses;
    while a `probe` is under way nothing else is asked of its budget, for its answer tells what the credential may do.
    """

    groups: tuple[tuple[Want, ...], ...]
    url: str
    budget: str
    form: dict[str, str] | None = field(default=None, repr=False)
    probe: bool = False

    @property
    def wants(self) -> list[Want]:
        return [want for group in self.groups for want in group]


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `url` is the final one, `content_type` the whole header."""

    status: int
    url: str
    content_type: str
    body: bytes


class Measured(NamedTuple):
    """Exact counts, 0 to 2**63-1; None where the platform gave none. `source` says what they were read from."""

    views: int
    source: str
    likes: int | None = None
    comments: int | None = None
    reposts: int | None = None


class Gone(NamedTuple):
    """The link ends failed."""

    reason: Reason
    detail: str = ""


class Again(NamedTuple):
    """Ask again, as `want` says. `charged`: this try counts, and after the last one the link fails with `reason`."""

    want: Want
    reason: Reason
    detail: str = ""
    charged: bool = False


Outcome = Measured | Gone | Again


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing more on this budget for some seconds."""

    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The credential is of no use until somebody replaces it."""

    why: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reply says: an outcome for every target of its call, and what it tells of the credential or host."""

    outcomes: dict[Target, Outcome]
    kind: str = ""  # of the credential
    most: int = 0  # targets that a call with this credential may hold from now on
    code: str = ""  # the platform's name for an answer that HTTP's status does not tell, such as `vk 6`
    trouble: Pause | Refused | None = None
