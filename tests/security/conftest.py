"""The API's and the crawler's fixtures, here too."""

from tests.control.conftest import address, admin, anna, anonymous, app, boris, client_of, set_link
from tests.crawler.conftest import crawl, vk

__all__ = ["address", "admin", "anna", "anonymous", "app", "boris", "client_of", "crawl", "set_link", "vk"]
