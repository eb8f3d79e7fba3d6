"""Links as people paste them, with the reading that is right. The end-to-end test posts them all in one batch."""

from typing import NamedTuple


class Case(NamedTuple):
    url: str
    kind: str = ""
    owner: int = 0
    item: int = 0
    access_key: str = ""
    expect: str = "accept"


LINKS = [
    Case("https://vk.com/wall-23538238_35", "wall", -23538238, 35),
    Case("https://vk.com/bs.official?w=wall-23538238_35", "wall", -23538238, 35),
    Case("https://vk.com/wall194141788_4201", "wall", 194141788, 4201),
    Case("https://vk.com/wall-111670353_64467?reply=64470", "wall", -111670353, 64467),
    Case("https://m.vk.com/wall-221992613_185", "wall", -221992613, 185),
    Case("https://vk.ru/wall-45277565_394259", "wall", -45277565, 394259),
    Case("https://vk.ru/wall-182864292_1336279?s429=private-clearance", "wall", -182864292, 1336279),
    Case("https://vk.com/club41126705?w=wall-41126705_86379%2Fall", "wall", -41126705, 86379),
    Case("https://vk.com/feed?w=wall-41126705_86619", "wall", -41126705, 86619),
    Case("https://vk.com/club79244517?w=wall-79244517_1714353_r13771", "wall", -79244517, 1714353),
    Case(
        "https://vk.com/wall-111670353_64467?hash=djRibYp68Elv6D6ovQ6pjlgSmniL",
        "wall",
        -111670353,
        64467,
        "djRibYp68Elv6D6ovQ6pjlgSmniL",
    ),
    Case(
        "https://vk.com/widget_post.php?owner_id=-211296925&post_id=60&hash=bVYhst3km4JT6iZGIjNrIdnZCDT1",
        "wall",
        -211296925,
        60,
        "bVYhst3km4JT6iZGIjNrIdnZCDT1",
    ),
    Case(
        "VK.Widgets.Post(\"vk_post_-62353676_2228\", -62353676, 2228, 'pcjw5YUMJw1VBtdRfSPxm8qBgrs')",
        expect="reject:bad_chars",
    ),
    Case("https://vk.com/wall-999999999999_9999999999", "wall", -999999999999, 9999999999),
    Case("wall-170730674_1082", "wall", -170730674, 1082),
    Case("vk.com/wall-1_340364", "wall", -1, 340364),
    Case(
        "https://vk.com/wall-143305139_11128?z=photo-143305139_457245182%2Fwall-143305139_11133",
        expect="reject:unsupported",
    ),
    Case("https://vk.com/wall-111670353", expect="reject:unsupported"),
    Case("https://vk.com/video205387401_165548505", "video", 205387401, 165548505),
    Case("https://vk.com/videos-77521?z=video-77521_162222515%2Fclub77521", "video", -77521, 162222515),
    Case("https://vk.com/video_ext.php?oid=-77521&id=162222515&hash=87b046504ccd8bfa", "video", -77521, 162222515),
    Case(
        "https://vk.com/video-95168827_456239103?list=cca524a0f0d5557e16",
        "video",
        -95168827,
        456239103,
        "cca524a0f0d5557e16",
    ),
    Case(
        "http://vk.com/feed?z=video-43215063_166094326%2Fbb50cacd3177146d7a",
        "video",
        -43215063,
        166094326,
        "bb50cacd3177146d7a",
    ),
    Case("https://vksport.vkvideo.ru/video-124096712_456240773", "video", -124096712, 456240773),
    Case("https://vkvideo.ru/video-18403220_456239696", "video", -18403220, 456239696),
    Case(
        "https://vk.com/video-57274055_456239399_deadbeefdeadbeef01",
        "video",
        -57274055,
        456239399,
        "deadbeefdeadbeef01",
    ),
    Case("https://vk.com/video_embed?oid=-206078025&id=456239342", "video", -206078025, 456239342),
    Case("https://vkvideo.ru/playlist/-204353299_426", expect="reject:unsupported"),
    Case("https://vk.com/clip-57274055_456239788", "clip", -57274055, 456239788),
    Case("https://vk.com/clips-57274055?z=clip-57274055_456239788", "clip", -57274055, 456239788),
    Case("https://vkvideo.ru/clip-231565734_456241450", "clip", -231565734, 456241450),
    Case("https://vk.com/clip_ext.php?oid=-29605110&id=456249286", "clip", -29605110, 456249286),
    Case("https://vk.com/clips/sgips", expect="reject:unsupported"),
    Case("https://vk.com/photo-111670353_457284649", expect="reject:unsupported"),
    Case("https://m.vk.com/photo-143305139_457245182?list=wall-143305139_11133", expect="reject:unsupported"),
    Case("https://vk.com/@sgips-tri-istorii-o-lovce", expect="reject:unsupported"),
    Case("https://vk.com/podcast-80512191_456239716", expect="reject:unsupported"),
    Case("https://vk.com/story-41126705_456239017", expect="reject:unsupported"),
    Case("https://vk.com/market-111670353?w=product-111670353_9110906", expect="reject:unsupported"),
    Case(
        "https://vk.com/doc-111670353_502376172?hash=TTii3BdlGkIC4jg5gogivpeGzfVnO641Tm1XojRZ5yk",
        expect="reject:unsupported",
    ),
    Case(
        "https://live.vkvideo.ru/lebwa/record/33a4e4ce-e3ef-49db-bb14-f006cc6fabc9/records", expect="reject:unsupported"
    ),
    Case("https://vk.cc/ax6g0g", expect="reject:short_link"),
    Case("https://vk.com/away.php?to=https%3A%2F%2Fvk.com%2Fwall-1_2", "wall", -1, 2),
    Case("https://vk.com/id1", expect="reject:unsupported"),
    Case("https://vk.com.evil.example/wall-1_2", expect="reject:bad_host"),
    Case("https://vkvideo.ru/video0_20", expect="reject:bad_id"),
    Case("https://vk.com/wall-1_2?w=wall-3_4&z=video-5_6", "video", -5, 6),
    Case("https://vk.com/feed?w=wall-1_2&w=wall-3_4", expect="reject:ambiguous"),
    Case("ftp://vk.com/wall-1_2", expect="reject:bad_scheme"),
    Case("https://user@vk.com/wall-1_2", expect="reject:bad_host"),
    Case("https://vk.com/wall-1_9223372036854775808", expect="reject:bad_id"),
    Case("https://vkvideo.ru/playlist/-70110_3/video-70110_456239101", "video", -70110, 456239101),
    Case("https://vkvideo.ru/playlist/-70110_3", expect="reject:unsupported"),
    Case(
        "https://vkvideo.ru/video-70150_456239105?list=ln-AbCdEfGhIjKlMnOpQrS",
        "video",
        -70150,
        456239105,
        "ln-AbCdEfGhIjKlMnOpQrS",
    ),
    Case("//vk.com/video_ext.php?oid=70160&id=456239108&hash=0123456789abcdef&hd=2", "video", 70160, 456239108),
    Case(
        "https://vk.com/video_ext.php?oid=-70170&amp;id=456239109&amp;hash=0123456789abcdef&amp;hd=1",
        "video",
        -70170,
        456239109,
    ),
    Case("https://vk.com/wall-70190_1?reply=2&amp;w=wall-70191_3", "wall", -70191, 3),
    Case("https://vk.com/clips/id70210?feedType=ownerFeed&owner=70210&z=clip70210_456239111", "clip", 70210, 456239111),
]
