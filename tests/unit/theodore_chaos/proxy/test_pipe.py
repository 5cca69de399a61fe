import asyncio

import pytest

from theodore_chaos.proxy.pipe import Connection


class Side:
    def __init__(self):
        self.written, self.ended, self.closed, self.reading = [], False, False, True

    def write(self, data):
        self.written.append(data)

    def write_eof(self):
        self.ended = True

    def can_write_eof(self):
        return True

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed

    def is_reading(self):
        return self.reading

    def pause_reading(self):
        self.reading = False

    def resume_reading(self):
        self.reading = True


class Proxy:
    def __init__(self):
        self.toxics, self.ended = {}, []

    async def join(self, connection):
        """Leaves the upstream to the test."""

    def forget(self, connection):
        self.ended.append(connection)


@pytest.fixture
def proxy():
    return Proxy()


def connected(test):
    def run(proxy):
        async def main():
            client, upstream, connection = Side(), Side(), Connection(proxy)
            connection.upstream.connection_made(client)
            test(proxy, connection, client, upstream)

        asyncio.run(main())

    return run


@connected
def test_what_comes_before_the_upstream_is_connected_is_passed_on_then(proxy, connection, client, upstream):
    connection.upstream.data_received(b"early")
    connection.downstream.connection_made(upstream)
    connection.upstream.begin()
    assert upstream.written == [b"early"]
    assert client.reading


@connected
def test_an_upstream_that_joins_a_closed_connection_is_closed(proxy, connection, client, upstream):
    connection.close()
    connection.downstream.connection_made(upstream)
    assert (client.closed, upstream.closed) == (True, True)
    assert proxy.ended == [connection]


@connected
def test_an_answer_comes_through_after_the_client_has_said_all(proxy, connection, client, upstream):
    connection.downstream.connection_made(upstream)
    connection.upstream.eof_received()
    assert (upstream.ended, client.closed) == (True, False)
    connection.downstream.data_received(b"answer")
    connection.downstream.eof_received()
    assert client.written == [b"answer"]
    assert (client.closed, upstream.closed) == (True, True)
    assert proxy.ended == [connection]
