"""Checks as a browser hands them in, without a browser."""

from tests.security.pages import SAME_ORIGIN

GOOD = "https://vk.com/wall-1_{}"


def send(hers, links, **more):
    """As a browser sends the form."""
    form = {"csrf": hers.token(), "links": "\r\n".join(links), "name": "", "deadline": "24h", "key": "0" * 32} | more
    part = '--part\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = "".join(part.format(name, value) for name, value in form.items()) + "--part--\r\n"
    kind = "multipart/form-data; boundary=part"
    return hers.client.post("/checks", data=body.encode(), content_type=kind, headers=SAME_ORIGIN)


def made(hers, links, **more):
    """Return the path of the check."""
    answer = send(hers, links, **more)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def id_of(path):
    return path.rpartition("/")[2]
