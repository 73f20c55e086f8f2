"""A camera for benchmarks: sends a film, which is made before, over and over to whoever asks by HTTP.

``python -m benchmarks.films ffmpeg film`` prints its port, and runs until standard input ends. It is
a process of its own, and so are its senders: what they cost is not what is measured.
"""

import contextlib
from pathlib import Path
import socket
import subprocess
import sys
import threading


def make(ffmpeg: str, path: Path, seconds: float) -> None:
    """Make a film as a camera of today sends it: 1080p, 25 pictures a second, 4 Mbit/s of H.264."""
    picture = "testsrc2=size=1920x1080:rate=25,noise=alls=12:allf=t"
    rate = [word for option in ("-b:v", "-maxrate", "-bufsize") for word in (option, "4M")]
    subprocess.run(
        [
            *(ffmpeg, "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", picture),
            *("-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast"),
            *("-tune", "zerolatency", "-g", "25", *rate, "-f", "mpegts", str(path)),
        ],
        check=True,
    )


def _send(connection: socket.socket, ffmpeg: str, film: str) -> None:
    with connection, contextlib.suppress(OSError):
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        subprocess.run(
            [
                *(
                    ffmpeg,
                    "-nostdin",
                    "-loglevel",
                    "quiet",
                    "-re",
                    "-stream_loop",
                    "-1",
                    "-i",
                    film,
                ),
                *("-c", "copy", "-flush_packets", "1", "-f", "mpegts", "pipe:1"),
            ],
            stdout=connection.fileno(),
            check=False,
        )


def main(ffmpeg: str, film: str) -> None:
    """Serve until standard input ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(
                        target=_send, args=(connection, ffmpeg, film), daemon=True
                    ).start()

        threading.Thread(target=accept, daemon=True).start()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
