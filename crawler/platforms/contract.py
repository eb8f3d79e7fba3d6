"""What a platform and the generic spider say to each other. Plain values: no network, no database, no clock.

A type with one value for each link is a named tuple, because Python makes, compares and hashes it faster than a
dataclass.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Protocol, runtime_checkable

from crawler.reasons import Reason

FOREIGN = "bad_host"  # the detail of a link to a site that is not the platform's
PAGE_KEY = "#"  # stands before a page key; no access key contains this sign


class Target(NamedTuple):
    """The post a link points to. `key` is the post's identity on its platform: `wall-1_2`.

    The other keys belong to the link, not to the post. Only requests for this link carry them, and a reading that was
    made with a key is shown only to links that have the same key. A `page_key` opens the post's page and nothing else:
    the key of an embedded player is one.
    """

    platform: str
    kind: str
    owner: int
    item: int
    key: str
    access_key: str = ""
    page_key: str = ""

    @property
    def opened_by(self) -> str:
        """Both keys as one text. A link stores this text, and the platform's `target` reads it back."""
        return f"{self.access_key}{PAGE_KEY}{self.page_key}" if self.page_key else self.access_key


class Rejected(NamedTuple):
    """Why a link has no target. `detail` is a word that the platform explains in its `ADVICE`.

    `platform` is set once the link was offered to every platform; it names the one whose refusal this is.
    """

    reason: Reason
    detail: str
    platform: str = ""


class Want(NamedTuple):
    """A target that waits to be measured, and what earlier answers taught about asking for it."""

    target: Target
    together: int = 0  # the most targets its group may have; 0: the platform's own limit
    missed: int = 0  # answers that left it out although they held items that nobody had asked for
    company: int = 0  # the most targets its call may have; 0: the platform's own limit
    failed: int = 0  # calls, or groups in a call, that failed as a whole with this target in them
    avoids: frozenset[str] = frozenset()  # budgets whose credentials answered with an unknown error


@dataclass(frozen=True, slots=True)
class Credential:
    """An access token. The database stores only its fingerprint. `kind` is empty until an answer reveals it."""

    fingerprint: str
    secret: str = field(repr=False)
    kind: str = ""
    most: int = 0  # the most targets one call may have, once an answer told us; 0: the platform's own limit
    lacks: tuple[str, ...] = ()  # methods of the platform that it may not call

    @property
    def budget(self) -> str:
        """The key of the budget that its requests draw on."""
        return f"token:{self.fingerprint}"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that measures some targets. It has several groups where the platform takes several calls in one.

    A call with a form is a POST, one without is a GET. `budget` names the credential or host whose requests per second
    it uses. While a `probe` is on its way its budget carries no other call, because its answer tells what the
    credential may do.
    """

    groups: tuple[tuple[Want, ...], ...]
    url: str
    budget: str
    form: dict[str, str] | None = field(default=None, repr=False)
    probe: bool = False

    @property
    def wants(self) -> list[Want]:
        return [want for group in self.groups for want in group]

    @property
    def size(self) -> int:
        """How many targets it measures. It is asked for each of thousands, so it makes no list of them."""
        return sum(map(len, self.groups))


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `url` is the final one, `content_type` the whole header."""

    status: int
    url: str
    content_type: str
    body: bytes


class About(NamedTuple):
    """What a platform says of a post beside its counts. Times are seconds since 1970; None: it does not say.

    `erids` are the advertising tokens at the post, which Russian law requires: https://erir.grfc.ru.
    """

    published_at: int | None = None
    edited_at: int | None = None
    marked_as_ads: bool | None = None
    erids: tuple[str, ...] = ()
    owner: int | None = None  # of the wall that shows it, negative for a community
    owner_name: str = ""
    members: int | None = None  # of the community that the wall is


NOTHING_SAID = About()


class Measured(NamedTuple):
    """Exact counts, 0 to 2**63-1; None where the platform gave none. `source` says what they were read from.

    `canonical` is the platform's own key for the post where it differs from the key that was asked for: a joint post
    stands on two walls and is named by its first author's. `about` is stored for everybody, so it is empty for a link
    that opens its post with a key.
    """

    views: int
    source: str
    likes: int | None = None
    comments: int | None = None
    reposts: int | None = None
    canonical: str = ""
    about: About = NOTHING_SAID


@dataclass(frozen=True, slots=True)
class Counts:
    """What a reading counts. `Measured` and the table of readings have the same names."""

    views: int | None
    likes: int | None
    comments: int | None
    reposts: int | None


COUNTS = tuple(field.name for field in fields(Counts))


class Gone(NamedTuple):
    """The link ends failed."""

    reason: Reason
    detail: str = ""


class Again(NamedTuple):
    """Ask again, as `want` says.

    * `charged`: this attempt counts; after the last one the link fails with `reason`.
    * `later`: not at once but after a while; what is charged always waits.
    * `shared`: how many targets failed together with no sign which of them is to blame. One that was alone is charged.
    * `elsewhere`: the failure is unknown and may be the credential's fault, so another credential is asked first.
    """

    want: Want
    reason: Reason
    detail: str = ""
    charged: bool = False
    later: bool = False
    shared: int = 0
    elsewhere: bool = False


Outcome = Measured | Gone | Again


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing more on this budget for some seconds."""

    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The credential is useless until somebody replaces it."""

    why: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reply says: an outcome for every target of its call, and news of the credential or host."""

    outcomes: dict[Target, Outcome]
    kind: str = ""  # of the credential
    lacks: str = ""  # a method that the credential turned out not to be allowed to call
    most: int = 0  # the most targets that a call with this credential may have from now on
    code: str = ""  # the platform's error, where the HTTP status does not show it, such as `vk 6`
    trouble: Pause | Refused | None = None


class Access(Protocol):
    """How a platform is reached, read from its settings. `rate` is the requests per second of each of its budgets.
    Redirects are followed between the hosts of its `site` only.
    """

    @property
    def credentials(self) -> tuple[Credential, ...]: ...
    @property
    def rate(self) -> float: ...
    @property
    def site(self) -> Container[str]: ...


@runtime_checkable
class Platform(Protocol):
    """Pure knowledge of links, requests and answers: a module or package with these names. Its spider is
    `<NAME>_views`. No function has side effects, and only `access` may raise.

    * `SETTINGS`: its environment variables with their defaults; `access(environment)` turns them into its `Access`, or
      raises ValueError that names the wrong one
    * `identify(text)`: the `Target` of a link, or why there is none. `ADVICE` has a sentence for each detail, and
      `ADVICE_RU` the same in Russian. For a link to another site every platform uses the detail `FOREIGN`
    * `target(key, access_key)`: the `Target` of a stored post; `access_key` is what its link was `opened_by`
    * `canonical(key)`: the address to show
    * `wall(key)`: the address of the wall on which that key stands; of a joint post each key has its own
    * `calls(wants, access, usable)`: the fewest requests that measure these. A want that no usable credential can
      measure is in none of them and waits
    * `read(call, reply)`: what an answer says
    * `useful(kind)`: whether a credential of this kind can measure anything at all
    """

    NAME: str
    SETTINGS: dict[str, str]
    ADVICE: dict[str, str]
    ADVICE_RU: dict[str, str]

    def identify(self, text: str) -> Target | Rejected: ...
    def target(self, key: str, access_key: str) -> Target: ...
    def canonical(self, key: str) -> str: ...
    def wall(self, key: str) -> str: ...
    def access(self, environment: Any) -> Access: ...
    def calls(self, wants: Sequence[Want], access: Any, usable: Sequence[Credential]) -> list[Call]: ...
    def read(self, call: Call, reply: Reply) -> Answer: ...
    def useful(self, kind: str) -> bool: ...
