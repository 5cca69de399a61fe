"""The cookies of a user."""

import pytest

from theodore_load.cookies import Cookies

REQUEST = b"POST / HTTP/1.1\r\nHost: h\r\n\r\nbody\r\n\r\nmore"


def test_they_go_with_later_requests():
    cookies = Cookies()
    assert not cookies
    cookies.take([b"sid=a1; Path=/; HttpOnly", b"lang=en; Expires=Sun, 01 Jan 2040 00:00:00 GMT"])
    cookies.take([b"sid=a2"])
    assert cookies.sent_with(REQUEST) == b"POST / HTTP/1.1\r\nHost: h\r\nCookie: sid=a2; lang=en\r\n\r\nbody\r\n\r\nmore"


@pytest.mark.parametrize(
    "end", [b"sid=; Max-Age=0", b"sid=x; max-age=-1; Path=/", b"sid=; expires=Thu, 01 Jan 1970 00:00:00 GMT"]
)
def test_what_is_taken_back_is_gone(end):
    cookies = Cookies()
    cookies.take([b"sid=a1; Max-Age=3600"])
    assert cookies
    cookies.take([end])
    assert not cookies


def test_those_of_the_identity_stay():
    cookies = Cookies()
    cookies.take([b"lang=en"])
    assert b"\r\ncookie: sid=1; lang=en\r\n\r\n" in cookies.sent_with(b"GET / HTTP/1.1\r\ncookie: sid=1\r\n\r\n")
