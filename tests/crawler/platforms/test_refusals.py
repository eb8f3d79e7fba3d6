"""What VK says in a post's place: final at once, one closed word, and no sign of a changed layout."""

import csv
import re
from pathlib import Path

import pytest

from crawler.platforms import vk
from crawler.platforms.contract import Again, Gone, Measured, Reply, Want
from crawler.platforms.vk.refusals import MEANINGS
from crawler.reasons import Reason
from crawler.run.layout_alarm import LayoutAlarm
from tests.crawler.platforms.test_page import read

CASES = Path(__file__).parent / "pages"
SENTENCES = [  # seen by others where a source is named: yt-dlp's vk.py, JDownloader's VKontakteRu, vtosters/lite#96
    ("This video is no longer available, because it has been deleted.", Reason.DELETED, "deleted"),
    ("Видеозапись недоступна, так как была удалена.", Reason.DELETED, "deleted"),
    ("Это видео удалено", Reason.DELETED, "deleted"),
    ("Видеозапись была удалённа или не существует", Reason.DELETED, "deleted"),
    ("Video not found.", Reason.DELETED, "deleted"),
    ("The owner of this video has either been suspended or deleted", Reason.DELETED, "deleted"),
    ("Відео видалено", Reason.DELETED, "deleted"),
    ("Відэа выдалена", Reason.DELETED, "deleted"),
    ("Dieses Video wurde gelöscht.", Reason.DELETED, "deleted"),
    ("Este vídeo ha sido eliminado", Reason.DELETED, "deleted"),
    ("Cette vidéo a été supprimée", Reason.DELETED, "deleted"),
    ("Questo video è stato rimosso", Reason.DELETED, "deleted"),
    ("Film został usunięty", Reason.DELETED, "deleted"),
    ("Bu video silindi", Reason.DELETED, "deleted"),
    ("Бейне жойылды", Reason.DELETED, "deleted"),
    ("该视频已被删除", Reason.DELETED, "deleted"),
    ("この動画は削除されました", Reason.DELETED, "deleted"),
    ("تم حذف هذا الفيديو", Reason.DELETED, "deleted"),
    ("Видеозапись недоступна, так как её автор был заблокирован.", Reason.PRIVATE, "author_blocked"),
    (
        "This video is no longer available, because its author has been blocked.",
        Reason.PRIVATE,
        "author_blocked",
    ),
    (
        "Видеозапись была изъята из публичного доступа в связи с обращением правообладателя.",
        Reason.PRIVATE,
        "taken_down",
    ),
    (
        "The video <b>x</b> was removed from public access by request of the copyright holder.",
        Reason.PRIVATE,
        "taken_down",
    ),
    ("The video x is not available in your region.", Reason.PRIVATE, "region"),
    ("Видео недоступно в вашем регионе", Reason.PRIVATE, "region"),
    ("Please log in or sign up", Reason.PRIVATE, "login_wanted"),
    ("Dieses Profil ist nur für autorisierte Nutzer verfügbar.", Reason.PRIVATE, "login_wanted"),
    ("You need to be a member of this group to view its video files.", Reason.PRIVATE, "private"),
    ("Access denied", Reason.PRIVATE, "private"),
    ("This is a private video", Reason.PRIVATE, "private"),
    ("Видео доступно только друзьям", Reason.PRIVATE, "private"),
    ("Видео доступно только для подписчиков", Reason.PRIVATE, "private"),
    ("Доступ к видео ограничен автором, доступ ограничен", Reason.PRIVATE, "private"),
    ("Видеозапись защищена настройками приватности", Reason.PRIVATE, "private"),
    ("Nur für Freunde", Reason.PRIVATE, "private"),
    ("Unavailable video", Reason.NOT_FOUND, "unavailable"),
    ("Видеозапись недоступна", Reason.NOT_FOUND, "unavailable"),
    ("This video is still being processed. Please try again later.", None, "processing"),
    ("Это видео все ещё обрабатывается. Пожалуйста, повторите попытку позже.", None, "processing"),
    ("The live broadcast has not started yet", None, "live"),
    ("Трансляция ещё не началась", None, "live"),
    ("Видео временно недоступно", None, "try_later"),
    ("Произошла ошибка на сервере. Повторите попытку позже.", None, "try_later"),
    ("Das Video ist vorübergehend nicht verfügbar", None, "try_later"),
]
MADE_UP = ["Sproing blip 1 234 views", "Unknown error", "Xyzzy <b>7 просмотров</b>", "&#9731;", "я" * 100_000]
VIDEO = "https://vkvideo.ru/video_ext.php?oid=-1&id=5"


def player(sentence, end="</div></div></body></html>"):
    page = f'<html><body><div id="page_wrap"><div class="a" id="video_ext_msg">\n {sentence} {end}'
    return read("video-1_5", page, url=VIDEO)


@pytest.mark.parametrize(("sentence", "reason", "word"), SENTENCES)
def test_the_player_s_sentences(sentence, reason, word):
    found, trouble = player(sentence)
    assert trouble is None
    assert found.detail == word
    assert (type(found), found.reason) == ((Gone, reason) if reason else (Again, Reason.VK_ERROR))


@pytest.mark.parametrize("sentence", MADE_UP)
def test_T39_a_sentence_that_nobody_knows_is_final_and_its_text_goes_nowhere(sentence):
    found, _ = player(sentence)
    assert (type(found), found.reason) == (Gone, Reason.NOT_FOUND)
    assert re.fullmatch("player_refusal [0-9a-f]{8}", found.detail)
    assert player(f" {sentence.upper()}\n")[0] == found


def test_two_unknown_sentences_are_told_apart():
    assert player("Sproing")[0].detail != player("Blip")[0].detail


@pytest.mark.parametrize("end", ["", "</div", "<b>x</b>"])
def test_a_sentence_that_is_cut_off_is_asked_for_again(end):
    found, _ = player("This video has been del", end)
    assert (type(found), found.reason) == (Again, Reason.BAD_RESPONSE)


def test_a_number_beside_a_refusal_is_not_taken_from_markup_but_from_the_answer_in_the_page():
    item = '{"owner_id":-1,"id":5,"views":12}'
    cache = f'<script>apiPrefetchCache=[{{"method":"video.get","response":{{"items":[{item}]}}}}]</script>'
    message = '<div id="video_ext_msg">Access denied</div>'
    assert read("video-1_5", f"<html>{cache}{message}</html>")[0].views == 12
    assert read("video-1_5", f"<html>{message}<i class='like_views' title='7 views'></i></html>")[0] == Gone(
        Reason.PRIVATE, "private"
    )


def test_no_wall_post_s_number_is_taken_for_a_video_s():
    post = '<html><div data-post-id="-1_5"><div class="like_views" title="7 views"></div></div></html>'
    assert read("wall-1_5", post)[0].views == 7
    assert read("video-1_5", post)[0].reason == Reason.LAYOUT_CHANGED


@pytest.mark.parametrize("class_", ["profile_deleted_text", "a profile_closed_wall_dummy", "group_info_private b"])
@pytest.mark.parametrize("text", ["This profile is closed", "You have to log in to view this page.", ""])
def test_closed_profiles_and_communities_are_private(class_, text):
    found, _ = read("wall-1_5", f'<html><h5 class="{class_}">{text}</h5></html>')
    assert found == Gone(Reason.PRIVATE, "profile_closed")


@pytest.mark.parametrize(
    ("text", "reason"), [("Access denied", "private"), ("Запись удалена", "deleted"), ("A sproing", "layout_changed")]
)
def test_messages_of_the_site_are_refusals_where_their_words_are_known(text, reason):
    page = f'<html><div class="message_page page_block"><div class="message_page_body">\n{text}<br></div></div></html>'
    assert read("wall-1_5", page)[0].reason == reason


NEW = '<div data-testid="post_footer_action_like"><span>5</span></div>'


@pytest.mark.parametrize(
    "post",
    [
        f'<div data-post-id="-1_5" data-post-nesting-lvl="0">{NEW}</div>',
        f'<div id="post-1_5">{NEW}</div>',
        f'<a data-testid="post_date_block_preview" href="/wall-1_5">today</a>{NEW}',
        f'<a data-testid="post_date_block_preview" href="https://vk.com/wall-1_5?from=x">today</a>{NEW}',
        f'<article id="wall-1_5"><span data-post-id="-1_5">text, 1 234 views</span>{NEW}</article>',
    ],
)
def test_the_layout_of_2025_shows_the_post_and_no_count(post):
    assert read("wall-1_5", f"<html>{post}</html>")[0] == Gone(Reason.VIEWS_HIDDEN, "the page shows no count")
    assert read("wall-1_55", f"<html>{post}</html>")[0].reason == Reason.LAYOUT_CHANGED
    cut = read("wall-1_5", f"<html>{post}<b>")[0]
    assert (type(cut), cut.reason) == (Again, Reason.BAD_RESPONSE)


def test_only_pages_on_which_nothing_known_stands_raise_the_alarm():
    watch = LayoutAlarm()
    pages = [
        *(f'<html><div id="video_ext_msg">{sentence}</div></html>' for sentence, _, _ in SENTENCES),
        '<html><h5 class="profile_deleted_text">x</h5></html>',
    ]
    for number, page in enumerate(pages, 1):
        see(watch, f"video-1_{number}", page)
    assert watch.alarm() is None
    for number in range(1, 100):
        see(watch, f"wall-1_{number}", "<html><app-root></app-root></html>")
    assert watch.alarm().startswith("layout_changed: 99 of ")


def see(watch, name, page):
    (call,) = vk.calls([Want(vk.identify(name))], vk.access({}), [])
    watch.see(call, vk.read(call, Reply(200, call.url, "text/html", page.encode())))


def test_a_word_has_one_meaning_and_no_stem_is_empty():
    words = [meaning.word for meaning in MEANINGS]
    assert len(words) == len(set(words))
    assert all(stem == stem.strip() and len(stem) > 1 for meaning in MEANINGS for stem in meaning.stems.split(","))


with (CASES / "pages.tsv").open() as file:
    ROWS = list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_reported_pages(row):
    body = (CASES / row["file"]).read_bytes()
    found, trouble = read(row["wanted"], body, int(row["status"]), row["content_type"], row["final_url"])
    shown = f"views={found.views}" if isinstance(found, Measured) else str(found.reason)
    assert trouble is None
    assert not isinstance(found, Again)
    assert shown in re.split(" or ", row["expected"])
