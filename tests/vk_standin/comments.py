"""What makes VK's pages heavy: the comments below a post."""

from functools import cache

from tests.vk_standin.pages import Page

COMMENT = """
<div id="post-1_{number}" class="reply reply_dived clear reply_replieable _post"
onclick="wall.replyClick('-1_{number}')">
<div class="reply_wrap _reply_content _post_content clear_fix"><a class="reply_image" href="/id{number}">
<img src="https://sun9-{number}.userapi.com/s/v1/ig2/0a1b2c.jpg?quality=95&amp;crop=50,50,100,100&amp;as=32x32,50x50"
width="34" height="34" class="reply_img" alt="Анна Иванова"></a><div class="reply_content">
<div class="reply_author"><a class="author" href="/id{number}" data-from-id="{number}">Анна Иванова</a></div>
<div class="reply_text"><div id="wpt-1_{number}"><div class="wall_reply_text">Спасибо, заказала ещё в среду,
пришло на третий день, всё целое. <a href="/feed?section=search&amp;q=%23скидка">#скидка</a> Буду брать ещё!</div>
</div></div><div class="reply_footer clear_fix"><div class="reply_date"><a class="wd_lnk"
href="/wall-1_1?reply={number}">
<span class="rel_date">5 мар в 10:17</span></a></div><div class="like_wrap _like_wall_reply-1_{number} lite">
<div class="like_cont"><a class="like_btn like _like" title="Нравится" data-count="{number}">
<div class="like_button_icon"></div><div class="like_button_count">{number}</div></a></div>
</div></div></div></div></div>
""".replace("\n", " ")


def padded(page: Page, least: int) -> Page:
    """Add comments until the page has `least` characters; only what is a whole document can have some."""
    missing = least - len(page.text)
    if missing <= 0 or "</body></html>" not in page.text:
        return page
    return page._replace(text=page.text.replace("</body></html>", f"{comments(missing)}</body></html>"))


@cache
def comments(least: int) -> str:
    numbers = range(1000, 1001 + least // len(COMMENT.format(number=1000)))
    each = [COMMENT.format(number=number) for number in numbers]
    return f"<div class='replies_list'>{''.join(each)}</div>"
