"""Finds the server, or starts one that ends with this process."""

import atexit
import json
import os
import shlex
import shutil
import subprocess
import threading

_lock = threading.Lock()
_started = None


class CannotStart(RuntimeError):
    """No server is running, and none can be started."""


def url():
    """The server's address: `CADFORGE_URL`, else that of one started here."""
    global _started
    if given := os.environ.get("CADFORGE_URL"):
        return given.rstrip("/")
    with _lock:
        # A forked child has the parent's handle, and may use the parent's server.
        if _started is not None and _alive(_started):
            return _started[1]
        _started = _start()
        return _started[1]


def forget():
    """Forgets the server, which may have died; the next call searches again."""
    global _started
    with _lock:
        if _started is not None and not _alive(_started):
            _started = None


def stop():
    """Ends the server that this process started."""
    global _started
    with _lock:
        if _started is not None and _started[2] == os.getpid():
            process = _started[0]
            process.stdin.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        _started = None


def _alive(started):
    process, _, owner = started
    # Only the process that started it can poll it; others notice when they connect.
    return owner != os.getpid() or process.poll() is None


def _start():
    program = os.environ.get("CADFORGE_BIN") or shutil.which("cadforge")
    if not program:
        raise CannotStart(
            "no cadforge on the path\nhint: set CADFORGE_URL to a running server, or CADFORGE_BIN to the program"
        )
    arguments = shlex.split(os.environ.get("CADFORGE_SERVE", ""))
    if not any(argument.split("=")[0] == "--profile" for argument in arguments):
        # A trainer gets the reward of the geometry; `cadforge serve` alone keeps the published one.
        arguments = ["--profile", "grounded-v2", *arguments]
    # The server ends when its standard input is closed, and so with this process, however it ends.
    command = [program, "serve", "--port", "0", "--while-stdin", *arguments]
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    except OSError as error:
        raise CannotStart(f"cannot start {program}: {error}") from error
    line = process.stdout.readline()
    try:
        address = json.loads(line)["url"]
    except (ValueError, KeyError) as error:
        process.kill()
        process.wait()
        raise CannotStart(f"{program} serve did not start; see its messages above") from error
    atexit.register(stop)
    return process, address, os.getpid()
