from crawler.platforms import spider_of
from crawler.spiders.platform_spider import PlatformSpider


class VkViews(PlatformSpider):
    platform = "vk"
    name = spider_of(platform)
