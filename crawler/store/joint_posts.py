"""Which rows are one post: a joint post has one for each key by which anybody has asked for it."""

from sqlalchemy import and_, func, or_
from sqlalchemy.orm import aliased

from crawler.store.models.posts import Post

OWN, SAME = aliased(Post), aliased(Post)
LEADING = func.coalesce(OWN.canonical_key, OWN.key)
ARE_SAME = and_(SAME.platform == OWN.platform, or_(SAME.key == LEADING, SAME.canonical_key == LEADING))
ARE_JOINT = and_(ARE_SAME, SAME.id != OWN.id)
