"""Finds the studio's widgets by name, through the accessibility tree that screen readers use (AT-SPI).

    widgets.py enable        says on the session's bus that an assistive technology is running: the studio then publishes its tree
    widgets.py list          prints role, name and rectangle of every widget
    widgets.py find NAME     prints X Y WIDTH HEIGHT in pixels of the window; an exact name before one that begins so

Runs with the system's Python, whose GObject bindings Debian packages; the pinned environment has none.
"""

import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib  # noqa: E402


def enable():
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    for name in ("IsEnabled", "ScreenReaderEnabled"):
        value = GLib.Variant("(ssv)", ("org.a11y.Status", name, GLib.Variant("b", True)))
        bus.call_sync(
            "org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties", "Set", value, None, Gio.DBusCallFlags.NONE, 10_000
        )


def widgets():
    """Yields (role, name, rectangle) of all widgets that have an extent."""
    desktop = Atspi.get_desktop(0)
    waiting = [desktop.get_child_at_index(index) for index in range(desktop.get_child_count())]
    while waiting:
        node = waiting.pop(0)
        if node is None:
            continue
        try:
            box = node.get_extents(Atspi.CoordType.WINDOW) if "Component" in node.get_interfaces() else None
            if box is not None:
                yield node.get_role_name(), node.get_name(), (box.x, box.y, box.width, box.height)
            waiting.extend(node.get_child_at_index(index) for index in range(node.get_child_count()))
        except GLib.Error:
            # The widget is gone since its parent was read.
            continue


def find(name):
    found = [(widget, box) for _, widget, box in widgets() if widget.startswith(name)]
    # The shortest name is the exact one, if there is one.
    found.sort(key=lambda entry: len(entry[0]))
    return found[0][1] if found else None


def main():
    match sys.argv[1:]:
        case ["enable"]:
            enable()
        case ["list"]:
            for role, name, box in widgets():
                print(f"{role}\t{name}\t{' '.join(map(str, box))}")
        case ["find", name]:
            box = find(name)
            if box is None:
                sys.exit(f"no widget is named {name!r}")
            print(*box)
        case _:
            sys.exit(__doc__)


main()
