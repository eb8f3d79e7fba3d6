"""The crawler's fixtures, here too."""

from tests.crawler.conftest import crawl, vk

__all__ = ["crawl", "vk"]
