"""The bench's HTTP server, in a process of its own: files from memory, keep-alive, drips on demand.

`python -m tests.bench.server FOLDER` prints its port. `/drip/...` answers a head and then a byte a second for
15 s; connections are cheap, so that what is measured is the client.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path


async def answer(files: dict[str, bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode().partition("?")[0].lstrip("/")
            close = b"connection: close" in head.lower()
            if path.startswith("drip"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                for _ in range(15):
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(1)
                break
            body = files.get(path)
            status = "200 OK" if body is not None else "404 Not Found"
            body = body or b""
            end = "close" if close else "keep-alive"
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: {end}\r\n\r\n".encode() + body
            )
            await writer.drain()
            if close:
                break
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main(folder: Path) -> None:
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(files, reader, writer)

    server = await asyncio.start_server(serve, "0.0.0.0", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
