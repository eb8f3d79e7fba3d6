"""Pages in a real browser: P1 (everybody can use them), P2 (no JavaScript), P3 (keyboard alone), P9 (small), P11 (two
tabs), P12 (back after logging out). P4 to P6 are in `tests/security/test_pages.py`, P7 in `test_pages_corpus.py` there
and in `test_checks.py`, P8 in `test_words.py`; P10 is of vendored files, and there are none.
"""

import gzip
from tempfile import TemporaryFile
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import func, select, update

from control.accounts import first_administrator
from control.app import create_app
from control.batches import cancellation, pasted, submission
from control.exports import child, lease, orders
from control.exports import source as sources
from control.exports.choice import Choice, Format
from control.imports import uploading
from control.monitoring import heartbeat
from control.server.http_server import serve
from control.settings import SETTINGS as SETTINGS_KEY
from control.settings import Settings
from control.web import assets
from control.web.engine import db
from crawler.queue.cancellation import closing
from crawler.store.database import now
from crawler.store.models.accounts import Login, User
from crawler.store.models.batches import Batch, Link, Part
from crawler.store.models.posts import Post
from tests.control.conftest import SETTINGS, change_link
from tests.control.pages import campaigns, test_post
from tests.control.pages.browser import NAME, Visitor, chromium
from tests.control.pages.checks import GOOD
from tests.control.pages.test_checks import HOSTILE, PASTED
from tests.control.pages.test_months import FIRST, PRESENT
from tests.security.pages import PASSWORD

pytestmark = pytest.mark.process

LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 800}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}},
    "forced colours": {"viewport": {"width": 1280, "height": 800}, "forced_colors": "active"},
    "English": {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB"},
}
OPEN = ("/enter", "/register")
CLOSED = ("/account", "/system", "/checks", "/followed", "/reports")
FIRST_VIEW_BYTES, FIRST_VIEW_REQUESTS = 30_000, 6
WARM_VIEW_BYTES = 10_000


@pytest.fixture(scope="module")
def site(migrated_sqlite, tmp_path_factory):
    """The API with its pages on an empty database: its app and its address."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "views.db").write_bytes(migrated_sqlite.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SQLALCHEMY_DATABASE_URL", f"sqlite:///{folder / 'views.db'}")
        patch.setattr(first_administrator, "VAR", folder)
        app = create_app(Settings(**SETTINGS, trusted_hosts=NAME))
        with app.app_context():
            heartbeat.write(db.engine)  # the scheduler works, as far as /system can tell
        server = serve(app, "127.0.0.1", 0)
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        yield app, f"http://127.0.0.1:{server.effective_port}"
        server.task_dispatcher.shutdown()
        server.asyncore.close_all(server._map)
        thread.join(10)
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def administrator(site, browser):
    """Whoever made the first start: the state of their browser, and what it was shown on the way."""
    app, address = site
    person = Visitor(browser, address)
    with app.app_context():
        key = first_administrator.key()
    person.go(f"/setup?key={key}")
    check(person)
    for field in ("password", "again"):
        person.page.locator(f"#{field}").fill(PASSWORD)
    person.page.locator("#username").fill("root")
    person.page.get_by_role("button", name="Создать администратора").click()
    person.page.get_by_role("button", name="Выйти").wait_for()
    return person.context.storage_state()


@pytest.fixture(scope="module")
def post(site, administrator):
    """The page of a post that was measured thirty times and once fell."""
    app, _ = site
    with app.app_context():
        with db.engine.connect() as connection:
            root = connection.execute(select(User.id)).scalar_one()
        batch = submission.new_batch(root, app.config[SETTINGS_KEY], None)
        receipt, _ = submission.submit(db.engine, app.config[SETTINGS_KEY], batch, [test_post.LINK], None)
        with db.engine.begin() as connection:
            connection.execute(update(Post).values(published_at=test_post.NIGHT))
            link = connection.execute(select(Link.id, Link.post_id, Batch.user_id).join(Batch)).one()
            views = [round(250_000 * (1 - 0.94**age)) for age in range(1, 31)]
            ids = test_post.store(connection, link, [*enumerate(views, 1), (31, 190_000)])
            connection.execute(update(Link).values(status="done", reading_id=ids[-1], views=190_000))
        cancellation.cancel(db.engine, root, receipt.batch_id)
    yield f"/checks/{receipt.batch_id}/0"
    with app.app_context():
        cancellation.delete(db.engine, root, receipt.batch_id)


@pytest.fixture(scope="module")
def checks(site, administrator, post):
    """Paths of a check that waits, and of one that was stopped: done, failed for two reasons, in pages."""
    app, _ = site
    with app.app_context():
        with db.engine.connect() as connection:
            user_id = connection.execute(select(User.id)).scalar_one()
        settings, ids = app.config[SETTINGS_KEY], []
        for most in (1, 120):
            links = [*(GOOD.format(item) for item in range(1, most + 1)), "https://example.com/"]
            batch = submission.new_batch(user_id, settings, None)
            ids.append(submission.submit(db.engine, settings, batch, links, None)[0].batch_id)
        with db.engine.begin() as connection:
            connection.execute(update(Part).values(waiting_for="VK error 29 (rate_limit)", waiting_until=now() + 600))
        change_link(ids[1], 0, status="done", reading={"views": 1_234_567, "likes": 5, "comments": 0, "reposts": None})
        cancellation.cancel(db.engine, user_id, ids[1])
        with db.engine.begin() as connection:
            connection.execute(closing().where(Batch.public_id == ids[1]))
    return [f"/checks/{id_}" for id_ in ids]


@pytest.fixture(scope="module")
def files(site, checks):
    """Paths of a file that came in, whose every text is hostile, and of exports: ready, given up, and waiting."""
    app, _ = site
    batch = checks[1].rpartition("/")[2]
    with app.app_context():
        with db.engine.begin() as connection:
            root = connection.execute(select(User.id)).scalar_one()
            source = sources.find(connection, root, batch)
            ids = [orders.order(connection, root, source, Choice(Format.CSV, text=text)).id for text in ("", "1", "2")]
        ready, worker, _ = lease.take(db.engine)
        child.make(db.engine, ready, worker, ZoneInfo("UTC"), int)
        given_up, worker, _ = lease.take(db.engine)
        lease.fail(db.engine, given_up, worker, lease.IN_VAIN)
        table = [f"{HOSTILE};Ссылка;", *(f"{HOSTILE};{GOOD.format(1)};=1+1" for _ in range(9)), f"{HOSTILE};;"]
        with TemporaryFile() as file:
            file.write("\n".join(table).encode())
            came = uploading.take(db.engine, root, f"{HOSTILE}.csv", file)
    return [f"/checks/files/{came}", "/checks/files", *(f"/checks/exports/{id_}" for id_ in ids)]


@pytest.fixture(scope="module")
def campaign(site, administrator, checks):
    """A campaign with a past; after the checks, whose part is made to wait."""
    app, _ = site
    with app.app_context():
        with db.engine.connect() as connection:
            user_id = connection.execute(select(User.id)).scalar_one()
        return f"/followed/{campaigns.make(app.config[SETTINGS_KEY], user_id, posts=30)}"


@pytest.fixture(scope="module")
def paths(post, checks, files, campaign):
    """All pages of somebody who is logged in, of each that differs by its state some."""
    of_checks = [post, post.removesuffix("/0"), *checks, f"{checks[1]}/delete"]
    months = (f"/{FIRST}", f"/{PRESENT}", f"/{FIRST}/close", f"/{FIRST}/evidence/3")
    of_campaign = ("", "/3", "/missed", "/delete", "/3/delete", *months)
    return [*CLOSED, *of_checks, *files, *(f"{campaign}{rest}" for rest in of_campaign)]


def check(person):
    """No violation of accessibility, nothing to complain about, no scrolling sideways."""
    found = Axe().run(person.page)
    assert found.violations_count == 0, found.generate_report()
    person.has_nothing_to_complain_about()
    widths = person.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]


@pytest.mark.parametrize("look", LOOKS)
def test_P1_everybody_can_use_every_page(site, browser, administrator, paths, look):
    _, address = site
    stranger = Visitor(browser, address, **LOOKS[look])
    for path in OPEN:
        assert stranger.go(path).status == 200
        check(stranger)
    person = Visitor(browser, address, storage_state=administrator, **LOOKS[look])
    for path in paths:
        assert person.go(path).status == 200
        check(person)
    person.page.keyboard.press("?")
    person.page.get_by_role("dialog").wait_for()
    check(person)
    person.go("/nowhere")
    person.complaints.clear()  # of the 404 itself
    check(person)
    for one in (stranger, person):
        one.context.close()


def test_P1_what_is_wrong_with_a_form_is_told_and_has_the_focus(site, browser, administrator):
    person = Visitor(browser, site[1])
    person.go("/register")
    person.page.locator("#username").fill("a\u200bb")
    person.page.locator("#password").fill("short")
    person.page.locator("#again").fill("short")
    person.page.keyboard.press("Enter")
    alert = person.page.get_by_role("alert")
    alert.wait_for()
    assert person.page.title().startswith("Ошибка: ")
    assert person.page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    person.complaints.clear()  # of the 422 itself
    check(person)
    assert person.page.locator("#username").input_value() == "a\u200bb"
    person.context.close()


def test_everything_works_without_javascript(site, browser, administrator):
    person = Visitor(browser, site[1], java_script_enabled=False)
    person.enter("root", PASSWORD)
    person.page.wait_for_url("**/account")
    person.page.locator("#name").fill("report")
    person.page.get_by_role("button", name="Создать ключ").click()
    person.page.get_by_label("Новый ключ").wait_for()
    person.page.get_by_role("button", name="English").click()
    person.page.get_by_role("button", name="Log out").wait_for()
    person.page.get_by_role("button", name="Русский").click()
    person.page.get_by_role("button", name="Выйти").wait_for()
    person.page.get_by_role("button", name="Выйти").click()
    person.page.wait_for_url("**/enter?left=1")
    person.context.close()


def test_P3_a_keyboard_alone_logs_in(site, browser, administrator):
    person = Visitor(browser, site[1])
    person.go("/enter?next=/system")
    press = person.page.keyboard.press
    press("Tab")
    assert person.page.evaluate("document.activeElement.className") == "skip"
    for _ in range(10):
        press("Tab")
        if person.page.evaluate("document.activeElement.id") == "username":
            break
    person.page.keyboard.type("root")
    press("Tab")
    person.page.keyboard.type(PASSWORD)
    press("Enter")
    person.page.wait_for_url("**/system")
    person.context.close()


def test_forms_are_taken_over_plain_http_under_a_name(site, browser, administrator):
    """There browsers send no Sec-Fetch-Site; under `Referrer-Policy: no-referrer` they would send `Origin: null`."""
    person = Visitor(browser, site[1].replace("127.0.0.1", NAME))
    person.enter("root", PASSWORD)
    person.page.wait_for_url("**/account")
    person.page.get_by_role("button", name="Выйти").click()
    person.page.wait_for_url("**/enter?left=1")
    person.has_nothing_to_complain_about()
    person.context.close()


def test_P3_a_keyboard_alone_does_the_main_job(site, browser, administrator):
    """What has the focus can be seen each time, and no key is caught while somebody types."""
    person = Visitor(browser, site[1], storage_state=administrator)
    press = person.page.keyboard.press
    person.go("/account")
    press("n")
    person.page.wait_for_url("**/checks#links")
    assert person.page.evaluate("document.activeElement.id") == "links"
    person.page.keyboard.type("wall-1_1 n/? https://example.com/")
    person.page.get_by_text("Ссылок в тексте: 2, из них одинаковых: 0.").wait_for()
    for _ in range(10):
        press("Tab")
        assert person.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        if person.page.evaluate("document.activeElement.textContent") == "Проверить":
            break
    press("Enter")
    person.page.wait_for_url("**/checks/*")
    press("Tab")
    assert person.page.evaluate("document.activeElement.className") == "skip"
    press("Enter")
    assert person.page.evaluate("document.activeElement.id") == "main"
    press("/")
    assert person.page.evaluate("document.activeElement.name") == "q"
    person.page.keyboard.type("example")
    press("Enter")
    person.page.wait_for_url("**q=example**")
    assert person.page.locator("table.links tbody tr").count() == 1
    person.has_nothing_to_complain_about()
    person.context.close()


def test_keys_can_be_switched_off(site, browser, administrator):
    person = Visitor(browser, site[1], storage_state=administrator)
    person.go("/account")
    person.page.get_by_label("Быстрые клавиши").select_option("off")
    person.page.get_by_role("button", name="Сохранить").first.click()
    person.page.get_by_text("Сохранено.").wait_for()
    person.page.keyboard.press("n")
    person.page.keyboard.press("?")
    assert person.page.locator("dialog").count() == 0
    assert person.page.url.endswith("/account")
    person.context.close()


def test_what_is_pasted_is_counted_as_the_server_counts_it(site, browser, administrator):
    person = Visitor(browser, site[1], storage_state=administrator)
    person.go("/checks")
    texts = [*(text for text, _ in PASTED), "повторwall-1_1 x wall-1_1", "wall-1_1\nwall-1_1\u2028wall-1_2 \n"]
    for text in texts:
        counted = person.page.evaluate(COUNT, text)
        found = pasted.links(text)
        again = len(found) - len(set(found))
        assert counted == (f"Ссылок в тексте: {len(found)}, из них одинаковых: {again}." if found else ""), text
    person.has_nothing_to_complain_about()
    person.context.close()


COUNT = """text => new Promise((resolve) => {
  const field = document.querySelector("#links");
  field.value = text;
  field.dispatchEvent(new Event("input"));
  setTimeout(() => resolve(document.querySelector("#links-count").textContent), 400);
})"""


def test_a_lost_connection_is_told_until_it_is_back(site, browser, administrator, checks):
    """The numbers stay. Time goes as fast as the test wants."""
    person = Visitor(browser, site[1], storage_state=administrator)
    person.page.clock.install()
    person.go(checks[0])
    lost = person.page.get_by_text("Нет связи, пробуем ещё раз.")
    person.context.set_offline(True)
    for _ in range(8):
        assert lost.is_hidden() or person.page.get_by_text("1 из 2").is_visible()
        person.page.clock.fast_forward(5000)
        person.page.wait_for_timeout(50)
    lost.wait_for()
    person.context.set_offline(False)
    person.page.clock.fast_forward(60_000)
    lost.wait_for(state="hidden")
    person.context.close()


def test_the_page_of_the_system_follows_it(site, browser, administrator):
    """It tells what changes by itself, and says so where there is more to see."""
    person = Visitor(browser, site[1], storage_state=administrator)
    person.page.clock.install()
    person.go("/system")
    with person.page.expect_response("**/system/news**") as answered:
        time_passes(person)
    assert answered.value.status == 200
    person.context.route("**/system/news**", lambda route: route.fulfill(json=NEWS))
    time_passes(person)
    person.page.get_by_role("link", name="Состояние изменилось: показать").wait_for()
    assert person.page.get_by_text("Обновлено в 16:31:07").is_visible()
    assert person.page.locator("[data-follow] [role=status]").inner_text() == NEWS["says"]
    assert person.page.title() == "Система: нужна помощь · views-stats"
    person.has_nothing_to_complain_about()
    person.context.close()


def time_passes(person):
    """A minute, in steps: the timer that one step should ring may be set only after it, on a slow machine."""
    for _ in range(10):
        person.page.clock.fast_forward(6000)
        person.page.wait_for_timeout(100)


NEWS = {
    "texts": {"seen": "Обновлено в 16:31:07", "nowhere": "x"},
    "tab": "Система: нужна помощь",
    "says": "Нужна помощь: планировщик не работает.",
    "over": True,
    "button": "Состояние изменилось: показать",
    "done": 0,
}


def transferred(person, path):
    """Bytes and requests of one view, as the browser counted them."""
    session = person.context.new_cdp_session(person.page)
    session.send("Network.enable")
    sizes, cached = [], []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.on("Network.requestServedFromCache", lambda event: cached.append(event["requestId"]))
    person.asked.clear()
    person.page.goto(f"{person.address}{path}", wait_until="networkidle")
    session.detach()
    return sum(sizes), len(person.asked)


def test_P9_a_page_is_small(site, browser, administrator, paths):
    for path in (*OPEN, *paths):
        person = Visitor(browser, site[1], storage_state=None if path in OPEN else administrator)
        size, requests = transferred(person, path)
        assert 1000 < size <= FIRST_VIEW_BYTES, path
        assert requests <= FIRST_VIEW_REQUESTS, path
        size, _ = transferred(person, path)
        assert size <= WARM_VIEW_BYTES, path
        person.context.close()


def test_P9_style_and_script_are_small():
    for name, most in {"app.css": 6_000, "app.js": 8_000}.items():
        assert 1000 < len(gzip.compress((assets.FOLDER / name).read_bytes(), 9)) <= most


def test_P11_two_tabs_stay_logged_in_for_hours(site, browser, administrator):
    """Both note the use of a login that was not used for 75 minutes, and neither looks like a thief."""
    app, address = site
    person = Visitor(browser, address, storage_state=administrator)
    tabs = [person.page, person.tab()]
    for _ in range(3):
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(update(Login).values(seen_at=Login.seen_at - 4500, expires_at=Login.expires_at - 4500))
        for tab in tabs:
            tab.evaluate("address => { location.href = address; }", f"{address}/account")
        for tab in tabs:
            tab.wait_for_url("**/account")
            assert tab.get_by_role("heading", level=1).inner_text() == "Учётная запись"
    person.context.close()


def test_P12_back_after_logging_out_shows_nothing(site, browser, administrator):
    person = Visitor(browser, site[1])
    person.enter("root", PASSWORD)
    person.page.wait_for_url("**/account")
    person.go("/system")
    person.page.get_by_role("button", name="Выйти").click()
    person.page.wait_for_url("**/enter?left=1")
    person.page.go_back()
    person.page.wait_for_url("**/enter**")
    assert "Пользователи" not in person.page.content()
    with site[0].app_context(), db.engine.connect() as connection:
        assert connection.execute(select(User.username)).scalars().all() == ["root"]
    person.context.close()


def test_a_link_in_another_sites_page_opens_what_it_names(site, browser, administrator):
    """The cookie is not sent with it, nor with its redirects; the page that answers asks once more by itself."""
    person = Visitor(browser, site[1], storage_state=administrator)
    person.context.route(
        "http://elsewhere.test/",
        lambda route: route.fulfill(content_type="text/html", body=f'<a href="{site[1]}/account">x</a>'),
    )
    person.page.goto("http://elsewhere.test/")
    person.page.locator("a").click()
    person.page.get_by_role("heading", name="Учётная запись", level=1).wait_for()
    person.context.close()


def paste(person, links):
    """Paste links, press the button twice, and return the address of the check."""
    person.go("/checks")
    field = person.page.locator("#links")
    if len(links) > 1000:  # what takes minutes to type is put there
        field.evaluate("(field, text) => { field.value = text; }", "\n".join(links))
    else:
        field.fill("\n".join(links))
    person.page.get_by_role("button", name="Проверить").dblclick(no_wait_after=True)
    person.page.wait_for_url("**/checks/*")
    return person.page.url


def stop(app, address):
    with app.app_context():
        public_id = address.rpartition("/")[2]
        with db.engine.connect() as connection:
            user_id = connection.execute(select(Batch.user_id).where(Batch.public_id == public_id)).scalar_one()
        cancellation.cancel(db.engine, user_id, public_id)


LINKS = [f"https://vk.com/wall-77_{item}" for item in range(1, 20_001)]


def test_20_000_links_are_pasted_and_followed_to_their_end(site, browser, administrator):
    """A double click makes one check; what came is said once, and the results wait for a click."""
    app, _ = site
    person = Visitor(browser, site[1], storage_state=administrator)
    address = paste(person, LINKS)
    check(person)
    row = person.page.locator("table.links tbody tr").first.inner_text()
    stop(app, address)
    person.page.get_by_role("link", name="Показать результаты").wait_for(timeout=60_000)
    assert person.page.title().startswith("остановлено · ")
    assert (
        person.page.locator("section [role=status]").inner_text().startswith("Остановлено: 0 готово, 20\u00a0000 нет")
    )
    assert person.page.locator("table.links tbody tr").first.inner_text() == row
    person.page.get_by_role("link", name="Показать результаты").click()
    person.page.get_by_role("button", name="Повторить неудачные").wait_for()
    check(person)
    with app.app_context(), db.engine.connect() as connection:
        made = select(func.count()).select_from(Link).where(Link.url == LINKS[-1])
        assert connection.execute(made).scalar_one() == 1
    person.context.close()


def test_P2_the_main_job_without_javascript(site, browser, administrator):
    app, _ = site
    person = Visitor(browser, site[1], storage_state=administrator, java_script_enabled=False)
    address = paste(person, ["https://vk.com/wall-1_1", "https://example.com/"])
    assert "1 из 2" in person.page.locator("main").inner_text()
    stop(app, address)
    person.page.get_by_role("link", name="Обновить страницу").click()
    person.page.get_by_text("Не получилось ни с одной", exact=False).or_(
        person.page.get_by_text("Остановлено", exact=False)
    ).first.wait_for()
    person.page.get_by_role("link", name="Удалить").click()
    person.page.get_by_role("button", name="Удалить").click()
    person.page.wait_for_url("**/checks")
    person.context.close()
