"""What the markup of a page shows of one post, in any layout that VK has had."""

from collections import Counter, defaultdict
from html import unescape
from typing import NamedTuple

from crawler.platforms.vk.counts import exact
from crawler.platforms.vk.markup import Tag, pieces

COUNTERS = (  # where the sites have the number: the source's name, the element's class, its attribute
    ("data-count", "like_views", "data-count"),
    ("data-count", "_views", "data-count"),
    ("title", "like_views", "title"),
    ("aria-label", "wall_item_views", "aria-label"),
    ("PostBottomAction", "PostBottomAction--views", ""),  # the number is the text of an element inside it
)
COUNTER_CLASSES = {name for _, name, _ in COUNTERS}
NUMBER_CLASS = "PostBottomAction__count"
SENTENCE_IDS = {"video_ext_msg"}  # the player's; JDownloader, yt-dlp
SENTENCE_CLASSES = {"video_layer_message", "message_page_body"}  # yt-dlp; JDownloader
CLOSED_CLASSES = {"profile_deleted_text", "profile_closed_wall_dummy", "group_info_private"}  # JDownloader, snscrape
ENDS_BY_ITSELF = {"li", "p", "tr", "td", "th", "dt", "dd", "option"}  # the next element of the same name ends it
VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
}  # fmt: skip
MOST_WORDS = 1_000  # characters; the rest of a sentence or of the counters' texts is dropped


POST = "data-post-id"
DATE = "post_date"  # in the layout of 2025 the data-testid of a link to a post begins with this
USEFUL = {POST, DATE, *COUNTER_CLASSES, NUMBER_CLASS, *SENTENCE_IDS, *SENTENCE_CLASSES, *CLOSED_CLASSES}


class Part(NamedTuple):
    """What an open element belongs to."""

    ours: bool = False  # the nearest enclosing element that names a post names ours
    counter: bool = False
    bottom: bool = False  # a counter whose number is the text of an element inside it
    number: bool = False
    sentence: bool = False


class Shown:
    """What one pass over the page finds of the post. Raises `TooMuch`, see `pieces`."""

    def __init__(self, html: str, own: str) -> None:
        """Read a page about the post whose owner and item are `own`: `-1_2`."""
        self.own = own
        self.names = {f"{before}{own}" for before in ("post", "post-", "wall", "wpt")}  # ids of the post's element
        self.address = f"/wall{own}"
        self.post = False  # the post is on the page

        self.counts: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        self.words = ""  # the text of the post's counters
        self.sentence = ""  # the sentence with which VK refuses
        self.whole = False  # the sentence is complete
        self.player = False  # the sentence is the player's
        self.closed = False  # VK says that the profile or community is closed
        self._open: list[tuple[str, Part]] = [("", Part())]
        self._names: Counter[str] = Counter()
        for piece in pieces(html, USEFUL | {own}):
            if isinstance(piece, str):
                self._text(piece)
            elif piece.ends:
                self._end(piece.name)
            else:
                self._start(piece)

    def count(self) -> tuple[int, str] | None:
        """Return the number and the name of its source: the first source in which exactly one number was found."""
        for counter in COUNTERS:
            if len(self.counts[counter]) == 1:
                return next(iter(self.counts[counter])), counter[0]
        return None

    def _start(self, tag: Tag) -> None:
        if tag.name in ENDS_BY_ITSELF and self._open[-1][0] == tag.name:
            self._end(tag.name)
        part = self._part(tag) if tag.attributes else self._open[-1][1]
        if tag.name not in VOID:
            self._open.append((tag.name, part))
            self._names[tag.name] += 1

    def _part(self, tag: Tag) -> Part:
        parent, id_, classes = self._open[-1][1], tag.value("id"), set(tag.value("class").split())
        ours = tag.value(POST) == self.own if POST in tag.attributes else parent.ours
        self.post |= ours or id_ in self.names or self._leads_to_post(tag)
        self.closed |= not classes.isdisjoint(CLOSED_CLASSES)
        if ours:
            self._see(tag, classes)
        counter = ours and (parent.counter or not classes.isdisjoint(COUNTER_CLASSES))
        bottom = ours and (parent.bottom or COUNTERS[-1][1] in classes)
        number = bottom and (parent.number or any(name.startswith(NUMBER_CLASS) for name in classes))
        begins = not self.sentence and (id_ in SENTENCE_IDS or not classes.isdisjoint(SENTENCE_CLASSES))
        self.player |= begins and id_ in SENTENCE_IDS
        return Part(ours, counter, bottom, number, parent.sentence or begins)

    def _leads_to_post(self, tag: Tag) -> bool:
        """Whether the tag is the date above a post in the layout of 2025, which is a link to that post."""
        if not tag.value("data-testid").startswith(DATE):
            return False
        return tag.value("href").partition("?")[0].endswith(self.address)

    def _see(self, tag: Tag, classes: set[str]) -> None:
        """Note the number that a counter of the post has as an attribute."""
        for counter in COUNTERS:
            if counter[1] in classes:
                text = tag.value(counter[2])
                self._count(counter, text)
                self._remember(text)

    def _text(self, text: str) -> None:
        part = self._open[-1][1]
        if part.sentence and len(self.sentence) < MOST_WORDS:
            self.sentence += unescape(text)
        if part.counter:
            self._remember(unescape(text))
        if part.number:
            self._count(COUNTERS[-1], unescape(text))

    def _count(self, counter: tuple[str, str, str], text: str) -> None:
        count = exact(text)
        if count is not None:
            self.counts[counter].add(count)

    def _remember(self, text: str) -> None:
        if len(self.words) < MOST_WORDS:
            self.words += f" {text[:MOST_WORDS]}"

    def _end(self, name: str) -> None:
        """Close the innermost element of this name, and all open elements inside it."""
        if not self._names[name]:
            return
        closed = ""
        while closed != name:
            closed, part = self._open.pop()
            self._names[closed] -= 1
            self.whole |= part.sentence and not self._open[-1][1].sentence
