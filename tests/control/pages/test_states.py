"""Every state that a check can be in, as the page says it. A lost connection needs a browser: `test_browser.py`."""

import re

import pytest
from sqlalchemy import update

from control.web.engine import db
from crawler.reasons import RUSSIAN, Reason
from crawler.store.database import now
from crawler.store.models.batches import Batch, Part
from tests.control.conftest import change_link
from tests.control.pages.checks import GOOD, id_of, made, send

LINKS = [GOOD.format(1), GOOD.format(2), "https://example.com/"]
NAME = "Ж" * 200  # as long as one may be, in two bytes a letter


def waits(why):
    with db.engine.begin() as connection:
        connection.execute(update(Part).values(waiting_for=why, waiting_until=now() + 600))


def end(path, *outcomes):
    """Let its first links end so: with so many views, or with a reason."""
    for position, outcome in enumerate(outcomes):
        if isinstance(outcome, int):
            change_link(id_of(path), position, status="done", reading={"views": outcome})
        else:
            change_link(id_of(path), position, status="failed", reason=outcome)


def close(path, *outcomes):
    """Let it be over, as the scheduler does: its third link was refused at once."""
    end(path, *outcomes)
    views = [outcome for outcome in outcomes if isinstance(outcome, int)]
    with db.engine.begin() as connection:
        counted = {"done": len(views), "failed": 3 - len(views), "views": sum(views) if views else None}
        connection.execute(update(Batch).values(closed_at=now(), **counted))


UNTIL = r"после \d\d\.\d\d\.\d{4}, \d\d:\d\d\."
RUNNING = {
    "queued": (lambda _: None, "В очереди. Обычно начинается за несколько секунд."),
    "running": (lambda path: end(path, 1_234_567), "Идёт."),
    "waiting for the limit": (lambda _: waits("VK error 29 (rate_limit)"), f"кончился лимит. Продолжим {UNTIL}"),
    "waiting for a captcha": (lambda _: waits("VK error 14 (captcha)"), f"не робот ли наш ключ. Продолжим {UNTIL}"),
    "waiting for VK's site": (lambda _: waits("VK's site: login"), f"не отдаёт нам страницы. Продолжим {UNTIL}"),
    "waiting for the operator": (
        lambda _: waits("VK error 7 (permission): our requests or the token's application are set up wrong"),
        f"настроен неверно. Попробуем снова {UNTIL}",
    ),
    "waiting for what is new": (lambda _: waits("HTTP 429"), f"не принимает запросы с наших ключей. Продолжим {UNTIL}"),
}
OVER = {
    "partly done": (lambda path: close(path, 7, Reason.DELETED), "Готово не всё: 1 готово, 2 нет."),
    "failed": (lambda path: close(path, Reason.DELETED, Reason.NETWORK), "Не получилось ни с одной ссылкой"),
}


@pytest.mark.parametrize("state", RUNNING)
def test_a_running_check_says_what_goes_on_and_can_be_stopped(hers, state):
    arrange, said = RUNNING[state]
    path = made(hers, LINKS, name=NAME)
    arrange(path)
    page = hers.get(path).text
    assert re.search(said, page)
    assert "Остановить" in page
    assert "Повторить неудачные" not in page
    assert RUSSIAN[Reason.INVALID_LINK] in page
    news = hers.get(f"{path}/progress")
    assert re.search(said, news.json["texts"]["state"])
    assert len(news.data) <= 500


@pytest.mark.parametrize("state", OVER)
def test_a_check_that_is_over_says_what_came_of_it(hers, state):
    arrange, said = OVER[state]
    path = made(hers, LINKS)
    arrange(path)
    page = hers.get(path).text
    assert said in page
    assert RUSSIAN[Reason.DELETED] in page
    assert "Остановить" not in page
    assert hers.get(f"{path}/progress").json["over"] is True


def test_an_unknown_number_is_a_dash(hers):
    path = made(hers, LINKS)
    close(path, Reason.DELETED, Reason.DELETED)
    assert "<dt>Медиана просмотров</dt><dd>—</dd>" in hers.get(path).text
    assert "Повторить неудачные" not in hers.get(path).text


def test_a_check_is_stopped(hers):
    path = made(hers, LINKS)
    end(path, 7)
    assert hers.post(f"{path}/stop").status_code == 303
    page = hers.get(path).text
    assert "Остановлено: 1 готово, 2 нет." in page
    assert "Повторить неудачные (1)" in page


def test_before_the_first_check_there_is_an_example(hers):
    page = hers.get("/checks").text
    assert "здесь появятся их просмотры" in page
    (there,) = re.findall(r'href="(/checks\?example=1)"', page)
    assert "https://vk.com/wall-1_340364\n" in hers.get(there).text


def test_without_a_key_of_vk_it_says_what_that_means(hers, monkeypatch):
    said = "Ключ ВКонтакте пока не подключён"
    monkeypatch.delenv("VK_TOKENS", raising=False)
    assert said in hers.get("/checks").text
    monkeypatch.setenv("VK_TOKENS", "vk1.a.x")
    assert said not in hers.get("/checks").text


def test_over_the_quota_it_says_how_many_and_takes_those(app, hers):
    app.config["SETTINGS"].most_links_per_day = 3
    links = [GOOD.format(item) for item in range(1, 6)]
    answer = send(hers, links, name="Ноябрь")
    assert answer.status_code == 429
    assert re.search(r"Сейчас можно ещё 3 ссылки, в списке 5\. Больше можно будет через: \d+ ", answer.text)
    assert "Отправить первые 3" in answer.text
    assert links[4] in answer.text
    assert 'value="Ноябрь"' in answer.text
    made(hers, links, first="3")


def test_a_full_disk_keeps_the_form(hers):
    with db.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    links = [GOOD.format(item) for item in range(2000)]
    answer = send(hers, links, name="Ноябрь")
    assert answer.status_code == 507
    assert "На диске сервера нет места. Ничего не сохранено, ссылки остались в поле." in answer.text
    assert links[-1] in answer.text
    assert 'value="Ноябрь"' in answer.text
    assert hers.get("/checks").status_code == 200


def test_what_was_deleted_meanwhile_is_not_there(hers):
    path = made(hers, LINKS)
    hers.post(f"{path}/delete")
    for there in (path, f"{path}/progress"):
        answer = hers.get(there)
        assert answer.status_code == 404
        assert "Её нет, её удалили, или она не ваша." in answer.text


def test_a_filter_that_nothing_fits(hers):
    page = hers.get(f"{made(hers, LINKS)}?q=nothing").text
    assert "Нет строк с таким отбором." in page
    assert "Сбросить" in page
