"""A TCP proxy that makes a server seem far away: every byte comes later, and so does every connection.

    python3 tests/delay_proxy.py SERVER_PORT DELAY_MS      prints the port that it listens on
"""
import asyncio
import sys

PIECE_BYTES = 1 << 18
# What is on its way in one direction; as much as a link of 1 GB/s holds at 40 ms there and back.
MOST_PIECES = 256


async def carry(reader, writer, delay_s):
    """Passes on what comes, each piece after the delay, in its order."""
    loop = asyncio.get_running_loop()
    pieces = asyncio.Queue(MOST_PIECES)

    async def deliver():
        while True:
            due, piece = await pieces.get()
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            if not piece:
                return
            writer.write(piece)
            await writer.drain()
    delivery = asyncio.create_task(deliver())
    try:
        while True:
            piece = await reader.read(PIECE_BYTES)
            await pieces.put((loop.time() + delay_s, piece))
            if not piece:
                await delivery
                return
    except OSError:
        delivery.cancel()
    finally:
        writer.close()


async def serve(server_port, delay_ms):
    one_way_s = delay_ms / 2000

    async def accept(reader, writer):
        # The client believes it is connected; its first bytes wait for the way there and back that this takes.
        await asyncio.sleep(2 * one_way_s)
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", server_port, limit=PIECE_BYTES)
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, there_writer, one_way_s), carry(there_reader, writer, one_way_s), return_exceptions=True)
    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=PIECE_BYTES)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
