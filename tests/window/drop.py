"""Drags files onto a window and drops them, with the XDND protocol (version 5), like a file manager.

    drop.py WINDOW X Y FILE... [--hold SECONDS]

X and Y are the drop position on the display. With --hold the files hover that long before the drop.
Exits with 1 if the window does not accept them.
"""

import argparse
import ctypes
import pathlib
import sys
import time
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_ubyte, c_ulong, c_void_p

CLIENT_MESSAGE, SELECTION_REQUEST, SELECTION_NOTIFY = 33, 30, 31
VERSION = 5


class ClientMessage(ctypes.Structure):
    _fields_ = [
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("window", c_ulong),
        ("message_type", c_ulong),
        ("format", c_int),
        ("data", c_long * 5),
    ]


class SelectionRequest(ctypes.Structure):
    _fields_ = [
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("owner", c_ulong),
        ("requestor", c_ulong),
        ("selection", c_ulong),
        ("target", c_ulong),
        ("property", c_ulong),
        ("time", c_ulong),
    ]


class SelectionNotify(ctypes.Structure):
    _fields_ = [
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("requestor", c_ulong),
        ("selection", c_ulong),
        ("target", c_ulong),
        ("property", c_ulong),
        ("time", c_ulong),
    ]


class Event(ctypes.Union):
    _fields_ = [
        ("type", c_int),
        ("message", ClientMessage),
        ("request", SelectionRequest),
        ("notify", SelectionNotify),
        ("pad", c_long * 24),
    ]


def library():
    x11 = ctypes.CDLL("libX11.so.6")
    signatures = {
        "XOpenDisplay": (c_void_p, [c_char_p]),
        "XDefaultRootWindow": (c_ulong, [c_void_p]),
        "XCreateSimpleWindow": (c_ulong, [c_void_p, c_ulong] + [c_int] * 5 + [c_ulong] * 2),
        "XInternAtom": (c_ulong, [c_void_p, c_char_p, c_int]),
        "XSetSelectionOwner": (c_int, [c_void_p, c_ulong, c_ulong, c_ulong]),
        "XSendEvent": (c_int, [c_void_p, c_ulong, c_int, c_long, c_void_p]),
        "XChangeProperty": (
            c_int,
            [c_void_p, c_ulong, c_ulong, c_ulong, c_int, c_int, POINTER(c_ubyte), c_int],
        ),
        "XPending": (c_int, [c_void_p]),
        "XNextEvent": (c_int, [c_void_p, c_void_p]),
        "XSync": (c_int, [c_void_p, c_int]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(x11, name)
        function.restype, function.argtypes = result, arguments
    return x11


class Source:
    """The window that files are dragged from."""

    def __init__(self, target, files):
        self.x11 = library()
        self.display = self.x11.XOpenDisplay(None)
        if not self.display:
            sys.exit("no X display")
        self.target = target
        uris = (pathlib.Path(file).resolve().as_uri() for file in files)
        self.text = "".join(f"{uri}\r\n" for uri in uris).encode()
        root = self.x11.XDefaultRootWindow(self.display)
        self.window = self.x11.XCreateSimpleWindow(self.display, root, 0, 0, 1, 1, 0, 0, 0)
        self.x11.XSetSelectionOwner(self.display, self.atom("XdndSelection"), self.window, 0)

    def atom(self, name):
        return self.x11.XInternAtom(self.display, name.encode(), 0)

    def send(self, kind, *data):
        message = ClientMessage(
            type=CLIENT_MESSAGE, window=self.target, message_type=self.atom(kind), format=32
        )
        for place, value in enumerate((self.window, *data)):
            message.data[place] = value
        event = Event(message=message)
        self.x11.XSendEvent(self.display, self.target, 0, 0, byref(event))
        self.x11.XSync(self.display, 0)

    def answer(self, request):
        """Sends the file names to the requestor."""
        data = (c_ubyte * len(self.text)).from_buffer_copy(self.text)
        self.x11.XChangeProperty(
            self.display, request.requestor, request.property, request.target, 8, 0, data, len(self.text)
        )
        notify = SelectionNotify(
            type=SELECTION_NOTIFY,
            requestor=request.requestor,
            selection=request.selection,
            target=request.target,
            property=request.property,
            time=request.time,
        )
        event = Event(notify=notify)
        self.x11.XSendEvent(self.display, request.requestor, 0, 0, byref(event))
        self.x11.XSync(self.display, 0)

    def wait(self, kind, seconds):
        """Returns the data of the next message of that kind; answers earlier requests."""
        deadline = time.monotonic() + seconds
        event = Event()
        while time.monotonic() < deadline:
            if not self.x11.XPending(self.display):
                time.sleep(0.01)
                continue
            self.x11.XNextEvent(self.display, byref(event))
            if event.type == SELECTION_REQUEST:
                self.answer(event.request)
            elif event.type == CLIENT_MESSAGE and event.message.message_type == self.atom(kind):
                return list(event.message.data)
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("window", type=int)
    parser.add_argument("x", type=int)
    parser.add_argument("y", type=int)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--hold", type=float, default=0)
    args = parser.parse_args()

    source = Source(args.window, args.files)
    place = args.x << 16 | args.y
    source.send("XdndEnter", VERSION << 24, source.atom("text/uri-list"))
    deadline = time.monotonic() + args.hold
    while True:
        source.send("XdndPosition", 0, place, 0, source.atom("XdndActionCopy"))
        status = source.wait("XdndStatus", 5)
        if status is None or not status[1] & 1:
            sys.exit("the window does not accept the files")
        if time.monotonic() >= deadline:
            break
        source.wait("nothing", 0.1)
    source.send("XdndDrop", 0, 0)
    if source.wait("XdndFinished", 5) is None:
        sys.exit("the window did not finish the drop")


main()
