"""What is printed once all that was to start here is ready."""

import os

from control.settings import Settings
from control.supervision.start_checks import LOGS, Address


def banner(settings: Settings, api: Address | None, key: str) -> str:
    """Tell of what runs here. `key` is for making the first administrator, else empty."""
    lines = [*_of_api(api, key), *_of_node(settings), f"  logs      {LOGS}", "Ctrl-C stops everything."]
    return "\n".join(("", "ready", *lines, ""))


def _of_api(api: Address | None, key: str) -> list[str]:
    if not api:
        return []
    first = [f"  first     {api.url}/setup?key={key}  (makes the administrator, once)"] if key else []
    return [f"  page      {api.url}", *first, f"  API       {api.url}", f"  API docs  {api.url}/docs"]


def _of_node(settings: Settings) -> list[str]:
    if "node" not in settings.roles:
        return []
    nodes = settings.node_url or ", ".join(settings.scrapyd_urls)
    password = "in SCRAPYD_PASSWORD" if os.environ.get("SCRAPYD_PASSWORD") else "in var/scrapyd_password"
    return [f"  runs      {nodes}  (scrapyd's console; user {settings.scrapyd_username}, password {password})"]
