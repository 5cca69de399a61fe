import asyncio
import gc

import pytest

from theodore_chaos.proxy.chunks import held_by_all
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

    def join(self, connection):
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
    assert upstream.written == [b"early"]
    assert client.reading


@connected
def test_a_client_that_has_said_all_before_the_upstream_is_connected_is_heard_and_answered(proxy, connection, client, upstream):
    connection.upstream.data_received(b"early")
    connection.upstream.data_received(b"later")
    connection.upstream.eof_received()
    connection.downstream.connection_made(upstream)
    assert (upstream.written, upstream.ended, client.closed) == ([b"early", b"later"], True, False)
    connection.downstream.data_received(b"answer")
    assert client.written == [b"answer"]


@connected
def test_what_is_held_for_an_upstream_that_never_comes_is_given_up_with_the_connection(proxy, connection, client, upstream):
    before = held_by_all.size
    connection.upstream.data_received(b"early")
    assert held_by_all.size == before + 5
    connection.close()
    connection.upstream.data_received(b"late")
    assert held_by_all.size == before


@connected
def test_a_client_that_has_gone_is_written_nothing_while_its_end_is_still_to_be_delivered(proxy, connection, client, upstream):
    connection.downstream.connection_made(upstream)
    connection.downstream.pause_writing()
    connection.upstream.connection_lost(BrokenPipeError())
    connection.downstream.data_received(b"answer")
    assert (client.written, upstream.closed) == ([], False)
    connection.downstream.resume_writing()
    assert (client.written, upstream.closed) == ([], True)


@connected
def test_a_side_that_has_ended_lets_go_of_its_connection(proxy, connection, client, upstream):
    connection.downstream.connection_made(upstream)
    connection.close()
    for pipe in (connection.upstream, connection.downstream):
        pipe.connection_lost(None)
        assert connection not in gc.get_referents(pipe)


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
