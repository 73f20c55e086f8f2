"""The run directory of a demo: its control socket, its logs and its broker's files.

::

    {run directory}/
        control.sock            where ``python -m demo.control`` asks
        logs/{member}.log       what each member wrote
        broker/                 the broker's configuration, its store and broker.log
"""

import os
from pathlib import Path

VARIABLE = "MQTT_SENTINEL_RUN"
"""The environment variable that names the run directory."""

_SOCKET_PATH_BYTES = 103
"""The longest path of a Unix domain socket on every system (macOS has the shortest)."""


class RunDirError(Exception):
    """The directory cannot be used; the text says why."""


def default() -> Path:
    """Return the run directory of this user."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_RUNTIME_DIR", "/tmp"), f"mqtt-sentinel-demo-{os.getuid()}")


def prepare(run_dir: Path) -> None:
    """Make the directory, for this user only; raises RunDirError if it is somebody else's."""
    run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Its name in /tmp can be guessed, so somebody else may have made it, or a link to elsewhere.
    facts = run_dir.lstat()
    if run_dir.is_symlink() or facts.st_uid != os.getuid():
        raise RunDirError(f"{run_dir} belongs to somebody else")
    if len(os.fsencode(control_socket(run_dir))) > _SOCKET_PATH_BYTES:
        raise RunDirError(f"the path of {run_dir} is too long for a Unix domain socket in it")
    run_dir.chmod(0o700)
    logs(run_dir).mkdir(exist_ok=True)


def logs(run_dir: Path) -> Path:
    """Return the folder of the members' logs."""
    return run_dir / "logs"


def broker(run_dir: Path) -> Path:
    """Return the folder of the broker."""
    return run_dir / "broker"


def control_socket(run_dir: Path) -> Path:
    """Return the Unix domain socket of the supervisor."""
    return run_dir / "control.sock"
