"""``sentinel-node``: the same for the shell."""

import argparse
from collections.abc import Sequence
import logging
import os
from pathlib import Path
import platform
import signal
import ssl
import subprocess
import sys
import threading
from typing import Any

from .client import Client
from .errors import NodeError
from .link import Protocol
from .message import Message
from .outbox import Left
from .receipt import Receipt
from .service import PING_SECONDS, Service

_OK = 0
_FAILED = 1
_KEPT = 75
"""What sendmail and systemd know as EX_TEMPFAIL: not now, but it is on disk."""

_EPILOG = """\
The broker and the credentials are also taken from the environment: SENTINEL_BROKER,
SENTINEL_USERNAME, SENTINEL_PASSWORD. A password in the environment is not seen by others in the
list of processes. Exit codes: 0 acknowledged; 1 not; 75 not yet, but kept in --queue.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.WARNING,
        format="%(levelname)s: %(message)s",
    )
    try:
        code: int = options.do(options)
    except (NodeError, ValueError, OSError) as why:
        print(f"sentinel-node: {why}", file=sys.stderr)
        return _FAILED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sentinel-node",
        description="Publish what is not lost, ping, and be watched.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    environment = os.environ
    add = parser.add_argument
    add(
        "--broker",
        default=environment.get("SENTINEL_BROKER", "localhost"),
        metavar="HOST[:PORT]",
        help="default: %(default)s",
    )
    add("--username", default=environment.get("SENTINEL_USERNAME"))
    add("--password-file", type=Path, metavar="FILE", help="its first line is the password")
    add("--tls", action="store_true", help="encrypt, and check whose certificate it is")
    add("--ca", type=Path, metavar="FILE", help="who signs certificates (default: the system's)")
    add("--mqtt", choices=["5", "3.1.1"], default="5", help="version (default: %(default)s)")
    add("--client-id", help="default: one that fits the command")
    add("--prefix", default="", help="goes before the topics of services, such as site1/")
    add("--queue", type=Path, metavar="FILE", help="keep there what could not be delivered")
    add("--timeout", type=float, default=10.0, metavar="SECONDS", help="default: %(default)s")
    add("-v", "--verbose", action="store_true")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    publish = commands.add_parser(
        "publish", help="publish a message", description="Publish, and wait for the broker."
    )
    publish.add_argument("topic")
    publish.add_argument(
        "payload", nargs="?", default="", help="text; - reads all of the standard input"
    )
    publish.add_argument("--lines", action="store_true", help="each line of the standard input")
    publish.add_argument("--qos", type=int, choices=[0, 1, 2], default=1)
    publish.add_argument("--retain", action="store_true")
    publish.set_defaults(do=_publish)

    ping = commands.add_parser(
        "ping", help="ping once", description="Ping once, such as at the end of a backup."
    )
    ping.add_argument("service")
    ping.add_argument("device")
    ping.add_argument("payload", nargs="?", default="")
    ping.set_defaults(do=_ping)

    run = commands.add_parser(
        "run",
        help="run a program, connected and pinging for as long as it lives",
        description="Run a program: connected/SERVICE/DEVICE is true and there are pings for as "
        "long as it lives. Signals are passed on, the exit code is the program's. What hangs "
        "lives: with --ping-on-output only a line that it prints is a sign of life.",
    )
    run.add_argument("service")
    run.add_argument("device")
    run.add_argument("--ping-every", type=float, default=PING_SECONDS, metavar="SECONDS")
    run.add_argument("--ping-on-output", action="store_true")
    run.add_argument("program", nargs=argparse.REMAINDER, metavar="-- PROGRAM ...")
    run.set_defaults(do=_run)
    return parser


def _connection(options: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of a client that all commands have in common."""
    host, colon, port = options.broker.rpartition(":")
    password = os.environ.get("SENTINEL_PASSWORD")
    if options.password_file is not None:
        password = options.password_file.read_text(encoding="utf-8").split("\n", 1)[0]
    tls = None
    if options.tls or options.ca is not None:
        tls = ssl.create_default_context(cafile=options.ca)
    return {
        "host": host if colon else options.broker,
        "port": int(port) if colon else None,
        "username": options.username,
        "password": password,
        "tls": tls,
        "protocol": Protocol.MQTT_5 if options.mqtt == "5" else Protocol.MQTT_3_1_1,
        "store": options.queue,
    }


def _client(options: argparse.Namespace) -> Client:
    # Two commands at once are two clients, so the process belongs in the id.
    client_id = options.client_id or f"sentinel-node-{platform.node()}-{os.getpid()}"
    return Client(client_id=client_id, queue_size=100_000, **_connection(options))


def _publish(options: argparse.Namespace) -> int:
    client = _client(options).start()
    if not options.qos:
        client.wait_until_up(options.timeout)
    payloads: Any = [options.payload.encode()]
    if options.lines:
        payloads = (line.rstrip(b"\r\n") for line in sys.stdin.buffer)
    elif options.payload == "-":
        payloads = [sys.stdin.buffer.read()]
    try:
        receipts = [
            client.send(Message(options.topic, payload, options.qos, options.retain))
            for payload in payloads
        ]
    finally:
        left = client.stop(options.timeout)
    return _told(left, receipts)


def _ping(options: argparse.Namespace) -> int:
    client = _client(options).start()
    topic = f"{options.prefix}ping/{options.service}/{options.device}"
    # Nobody is there any more to say it again, so the broker has to acknowledge it.
    receipt = client.publish(topic, options.payload)
    left = client.stop(options.timeout)
    return _told(left, [receipt])


def _told(left: Left, receipts: Sequence[Receipt]) -> int:
    if left.messages and left.kept:
        return _KEPT
    return _OK if all(receipt.delivered for receipt in receipts) else _FAILED


def _run(options: argparse.Namespace) -> int:
    program = options.program[1:] if options.program[:1] == ["--"] else options.program
    if not program:
        raise ValueError("which program?")
    connection = _connection(options)
    if options.client_id:
        connection["client_id"] = options.client_id
    service = Service(
        service=options.service,
        device=options.device,
        prefix=options.prefix,
        ping_every=options.ping_every,
        **connection,
    )
    try:
        return _run_program(program, service, options)
    finally:
        service.stop(options.timeout)


def _run_program(program: list[str], service: Service, options: argparse.Namespace) -> int:
    output = subprocess.PIPE if options.ping_on_output else None
    # Without a shell: what is run is what the command line says.
    with subprocess.Popen(program, stdout=output) as child:  # noqa: S603
        _pass_on_signals(child)
        service.start()
        if child.stdout is not None:
            for line in child.stdout:
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
                service.ping()
            child.wait()
        else:
            ended = threading.Event()
            pinging = threading.Thread(
                target=_keep_pinging, args=(service, options.ping_every, ended)
            )
            pinging.start()
            child.wait()
            ended.set()
            pinging.join()
    # A shell tells of a signal in the same way.
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _pass_on_signals(child: "subprocess.Popen[bytes]") -> None:
    def pass_on(number: int, _frame: object) -> None:
        # Ctrl-C in a terminal reaches the program by itself; twice, it could do more than once.
        if number != signal.SIGINT or not sys.stdin.isatty():
            child.send_signal(number)

    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), pass_on)


def _keep_pinging(service: Service, seconds: float, ended: threading.Event) -> None:
    while not ended.is_set():
        if not service.up:
            service.wait_until_up(1.0)
            continue
        service.ping()
        ended.wait(min(1.0, seconds))


if __name__ == "__main__":
    sys.exit(main())
