"""Makes time and random numbers equal for every candidate."""

import datetime
import os
import random
import time
import uuid


def fix_clock() -> None:
    """Starts time at the same moment for every candidate; each query advances it."""
    moment = [1_767_225_600_000_000_000]  # 2026-01-01, in ns

    def ns() -> int:
        moment[0] += 1_000
        return moment[0]

    def seconds() -> float:
        return ns() / 1e9

    pause = time.sleep

    def sleep(seconds):
        pause(seconds)
        moment[0] += int(seconds * 1e9)

    def broken_down(convert):
        return lambda at=None: convert(seconds() if at is None else at)

    def formatted(form, at=None, *, _format=time.strftime):
        return _format(form, time.localtime() if at is None else at)

    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, seconds)
        setattr(time, f"{name}_ns", ns)
    time.sleep = sleep
    time.localtime, time.gmtime = broken_down(time.localtime), broken_down(time.gmtime)
    time.ctime = broken_down(time.ctime)
    time.strftime = formatted

    class FixedDate(datetime.date):
        @classmethod
        def today(cls):
            return cls.fromtimestamp(seconds())

    class FixedDatetime(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(seconds(), tz)

        @classmethod
        def utcnow(cls):
            return cls.fromtimestamp(seconds(), datetime.timezone.utc).replace(tzinfo=None)

        @classmethod
        def today(cls):
            return cls.now()

    for fixed, name in ((FixedDate, "date"), (FixedDatetime, "datetime")):
        fixed.__name__ = fixed.__qualname__ = name
        fixed.__module__ = "datetime"
        setattr(datetime, name, fixed)


def fix_random() -> None:
    """Replaces the system's random numbers by one fixed sequence."""
    sequence = random.Random(0)
    os.urandom = random._urandom = sequence.randbytes
    # Assemblies and their parts get names from these.
    uuid._generate_time_safe = None
    uuid._node = 0x020000000000
