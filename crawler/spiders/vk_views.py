from crawler.spider import PlatformSpider


class VkViews(PlatformSpider):
    name = "vk_views"
    platform = "vk"
