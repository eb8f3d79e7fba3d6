"""A real browser on our pages: whatever it complains about fails the test."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAME = "views.test"  # leads to this machine: over plain http browsers treat names otherwise than 127.0.0.1
QUIET = (
    f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
    *("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"),
)
VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(
  `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield browser
        browser.close()


class Visitor:
    """A person with a browser of their own: cookies, language, screen."""

    def __init__(self, browser: Browser, address: str, **how: Any) -> None:
        self.address = address
        self.context: BrowserContext = browser.new_context(**({"locale": "ru-RU"} | how))
        self.context.add_init_script(VIOLATIONS)
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page = self.tab()

    def tab(self) -> Page:
        page = self.context.new_page()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def go(self, path: str) -> Any:
        return self.page.goto(f"{self.address}{path}")

    def enter(self, name: str, password: str, then: str = "/account") -> None:
        self.go(f"/enter?next={then}")
        self.page.locator("#username").fill(name)
        self.page.locator("#password").fill(password)
        self.page.locator("main button.main").click()

    def has_nothing_to_complain_about(self) -> None:
        """No console message, no violation of the policy, no other host."""
        assert not self.complaints, self.complaints
        for page in self.context.pages:
            assert page.evaluate("window.violations || []") == []
        assert {url.split("/")[2] for url in self.asked} <= {self.address.split("/")[2]}
