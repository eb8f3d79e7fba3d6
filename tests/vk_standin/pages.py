"""VK's pages through the years, and what VK puts in their way."""

import json
import re
from typing import NamedTuple
from urllib.parse import urlencode

from tests.vk_standin import truth
from tests.vk_standin.posts import item_of
from tests.vk_standin.truth import Fate

WALL = re.compile(r"/wall(-?\d+)_(\d+)", re.ASCII)
VIDEO = re.compile(r"(-?\d+)_(\d+)", re.ASCII)
PLAIN, OLD = "text/html; charset=utf-8", "text/html; charset=windows-1251"
REDIRECTS = {
    Fate.PAGE_CHALLENGE: "/challenge.html?hash429=0a1b",
    Fate.PAGE_429: "/429.html",
    Fate.PAGE_BADBROWSER: "/badbrowser.php",
    Fate.PAGE_LOGIN: "/login?to=x",
}
IN_THE_WAY = {
    "/429.html": "<title>Ошибка 429</title>Too many requests, 12 345 просмотров",
    "/challenge.html": "<title>VK</title><script>var salt='ab',codes=[1,2];/*hash429*/</script>",
    "/badbrowser.php": "<title>Ваш браузер устарел</title>",
    "/login": "<title>Вход</title>",
}


SENTENCES = {  # of the player; yt-dlp's vk.py has the first
    Fate.PAGE_DELETED: "This video is no longer available, because it has been deleted.",
    Fate.PAGE_CLOSED: "Видео доступно только друзьям",
    Fate.PAGE_SENTENCE: "Sproing blip 1 234 views",
    Fate.PAGE_PROCESSING: "Видео обрабатывается. Повторите попытку позже.",
}
MESSAGES = {  # of the site; JDownloader's VKontakteRu
    Fate.PAGE_DELETED: '<div class="message_page"><div class="message_page_body">Запись удалена.<br></div></div>',
    Fate.PAGE_CLOSED: '<h5 class="profile_deleted_text">This profile is closed.</h5>',
}


class Page(NamedTuple):
    status: int
    content_type: str
    text: str
    location: str = ""


NOT_THERE = Page(404, PLAIN, "<html><title>404</title><div data-testid='page_not_found_placeholder'>Нет</div></html>")


def page(path: str, query: dict[str, str], mobile: str = "", host: str = "") -> Page:
    """Return what VK's site answers to a GET: of a post, where there is a mobile site, that it is shown there."""
    if path in IN_THE_WAY:
        return Page(200, PLAIN, f"<html>{IN_THE_WAY[path]}</html>")
    if found := WALL.fullmatch(path):
        if mobile and host != mobile.partition("//")[2]:
            return Page(302, PLAIN, "", f"{mobile}{path}{'?' if query else ''}{urlencode(query)}")
        return _wall(int(found[1]), int(found[2]), mobile=bool(mobile))
    if path == "/video_ext.php" and (found := VIDEO.fullmatch(f"{query.get('oid')}_{query.get('id')}")):
        owner, item = int(found[1]), int(found[2])
        opened = query.get("list") == truth.key(owner, item) or query.get("hash") == truth.embed_hash(owner, item)
        return _video(owner, item, opened=opened)
    return NOT_THERE


def _video(owner: int, item: int, *, opened: bool) -> Page:
    which = truth.fate(item)
    if which in truth.NOT_THERE:
        return NOT_THERE
    if which in truth.BLOCKED:
        return _blocked(which)
    if which in SENTENCES:
        return Page(200, PLAIN, _player(SENTENCES[which]))
    if which == Fate.LINK_ONLY and not opened:
        return Page(200, PLAIN, _player(SENTENCES[Fate.PAGE_CLOSED]))
    return Page(200, PLAIN, _with_json("video.get", {"count": 1, "items": [item_of("video", owner, item)]}))


def _wall(owner: int, item: int, *, mobile: bool) -> Page:
    which = truth.fate(item)
    if which in truth.NOT_THERE:
        return NOT_THERE
    if which in truth.BLOCKED:
        return _blocked(which)
    if which == Fate.PAGE_UNKNOWN:
        return Page(200, PLAIN, "<html><title>Запись</title><app-root></app-root></html>")
    if which in MESSAGES:
        return Page(200, OLD, f"<html><title>ВКонтакте</title><body>{MESSAGES[which]}</body></html>")
    if mobile and which is None:
        which = Fate.PAGE_MOBILE
    if which is None or which not in MARKUPS:
        return Page(200, OLD, _with_json("wall.getById", {"items": [item_of("wall", owner, item)]}))
    content_type = PLAIN if which == Fate.PAGE_MOBILE else OLD
    return Page(200, content_type, MARKUPS[which](owner, item, truth.views("wall", owner, item)))


def _blocked(which: Fate) -> Page:
    if which == Fate.PAGE_418:
        return Page(418, PLAIN, "")
    return Page(302, PLAIN, "", REDIRECTS[which])


def _with_json(method: str, response: object) -> str:
    """Bring along the API's answer for the page's scripts, another post's before it."""
    other = {"method": "wall.get", "version": "5.199", "request": {}, "response": {"items": [item_of("wall", -9, 9)]}}
    entry = {"method": method, "version": "5.199", "request": {}, "response": response}
    cache = json.dumps([other, entry]).replace("</", "<\\/")
    script = f'window.cur = Object.assign(window.cur || {{}}, {{"apiPrefetchCache":{cache},"wide":[1]}});'
    return f"<html><title>Запись</title><script>{script}</script></html>"


def _player(sentence: str) -> str:
    return f'<html><title>Player</title><div id="page_wrap"><div id="video_ext_msg">{sentence}</div></div></html>'


def _post(owner: int, item: int, inside: str) -> str:
    return f'<div class="post" data-post-id="{owner}_{item}"><p>Текст, 7 просмотров</p>{inside}</div>'


def _html(*posts: str) -> str:
    return f"<html><title>Запись на стене</title><body>{''.join(posts)}</body></html>"


def _grouped(count: int, space: str) -> str:
    return f"{count:,}".replace(",", space)


def _short(count: int) -> str:
    return f"{count / 1000:.1f}K"


def _data_count(owner: int, item: int, count: int) -> str:
    return _post(owner, item, f'<div class="like_views _views" data-count="{count}">{_short(count)}</div>')


def _title(owner: int, item: int, count: int, space: str = "") -> str:
    title = f"{_grouped(count, space)} просмотров"
    return _post(owner, item, f'<div class="like_views _views" title="{title}">{_short(count)}</div>')


def _action_panel(owner: int, item: int, count: int) -> str:
    title = f"{count} views"
    return _post(
        owner, item, f'<div class="like_views like_views--inActionPanel" title="{title}"><span>1K</span></div>'
    )


def _action_panel_count(owner: int, item: int, count: int) -> str:
    inside = f'<span class="_views" data-count="{count}">{_short(count)}</span>'
    return _post(owner, item, f'<div class="like_views like_views--inActionPanel">{inside}</div>')


def _mobile(owner: int, item: int, count: int) -> str:
    label = f"{_grouped(count, chr(0x202F))} просмотров"
    return _post(owner, item, f'<span class="wall_item_views" aria-label="{label}">{_short(count)}</span>')


def _bottom_action(owner: int, item: int, count: int) -> str:
    inside = f'<span class="PostBottomAction__count">{_grouped(count, chr(0xA0))}</span>'
    return _post(owner, item, f'<div class="PostBottomAction PostBottomAction--views">{inside}</div>')


def _json(owner: int, item: int, _count: int) -> str:
    entry = {"method": "wall.getById", "version": "5.199", "response": [item_of("wall", owner, item)]}
    cache = json.dumps([entry]).replace("</", "<\\/")
    return f"<script>window.cur.apiPrefetchCache = {cache};</script>"


def _neighbour(owner: int, item: int, count: int) -> str:
    longer = _data_count(owner, item * 10, 5) + _data_count(owner, 3, 6)
    return longer + _data_count(owner, item, count) + _data_count(owner, item + 1, 8)


def _only_short(owner: int, item: int, count: int) -> str:
    return _post(owner, item, f'<div class="like_views _views">{_short(count)}</div>')


def _no_counter(owner: int, item: int, _count: int) -> str:
    return _post(owner, item, '<div data-testid="post_footer_action_like">5</div>')


def _layout_2025(owner: int, item: int, _count: int) -> str:
    date = f'<a data-testid="post_date_block_preview" href="/wall{owner}_{item}">сегодня</a>'
    actions = "".join(f'<div data-testid="post_footer_action_{name}">5</div>' for name in ("like", "comment", "share"))
    inside = f'<span data-post-id="{owner}_{item}">Текст, 7 просмотров</span>{actions}'
    return f'<div class="vkitPost__root--a1b2" data-testid="post" id="post{owner}_{item}">{date}{inside}</div>'


MARKUPS = {
    Fate.PAGE_SHORT: lambda *post: _html(_only_short(*post)),
    Fate.PAGE_NO_COUNTER: lambda *post: _html(_no_counter(*post)),
    Fate.PAGE_DATA_COUNT: lambda *post: _html(_data_count(*post)),
    Fate.PAGE_TITLE: lambda *post: _html(_title(*post)),
    Fate.PAGE_ACTION_PANEL: lambda *post: _html(_action_panel(*post)),
    Fate.PAGE_ACTION_PANEL_COUNT: lambda *post: _html(_action_panel_count(*post)),
    Fate.PAGE_MOBILE: lambda *post: _html(_mobile(*post)),
    Fate.PAGE_BOTTOM_ACTION: lambda *post: _html(_bottom_action(*post)),
    Fate.PAGE_JSON: lambda *post: _html(_json(*post)),
    Fate.PAGE_GROUPED: lambda *post: _html(_title(*post, chr(0xA0))),
    Fate.PAGE_NEIGHBOUR: lambda *post: _html(_neighbour(*post)),
    Fate.PAGE_LAYOUT_2025: lambda *post: _html(_layout_2025(*post)),
}
