"""Redirects CadQuery's exporters into the script's own folder, and remembers what was exported."""

import contextlib
import functools
import os
import sys

import cadquery as cq

import cadforge_messages as messages

# Line and object of each call of an exporter.
exported: list = []


def install(filename: str) -> None:
    """Redirects CadQuery's exporters into the script's own folder, whatever path they are given.

    `filename` is that of the script. Scripts export their part at the end. That a folder does not exist here, or that the path
    leads elsewhere, is no failure of the part.
    """
    export = cq.exporters.export

    def redirected(w, fname, *more, **named):
        line = next((frame.f_lineno for frame in _frames() if frame.f_code.co_filename == filename), 0)
        exported.append((line, w))
        with _report_unwritten(fname):
            return export(w, _local_path(fname), *more, **named)

    cq.exporters.export = functools.wraps(export)(redirected)
    dxf = cq.exporters.exportDXF

    @functools.wraps(dxf)
    def redirected_dxf(w, fname, *more, **named):
        with _report_unwritten(fname):
            return dxf(w, _local_path(fname), *more, **named)

    cq.exporters.exportDXF = redirected_dxf

    def redirecting(method):
        @functools.wraps(method)
        def redirected(self, path, *more, **named):
            if not any(frame.f_code.co_name == "redirected" for frame in _frames(3)):
                line = next((frame.f_lineno for frame in _frames() if frame.f_code.co_filename == filename), 0)
                exported.append((line, self))
            with _report_unwritten(path):
                return method(self, _local_path(path), *more, **named)

        return redirected

    for of, names in (
        (cq.Shape, ("exportStl", "exportStep", "exportBrep", "exportBin")),
        (cq.Assembly, ("save", "export")),
        (cq.Workplane, ("export", "exportSvg")),
    ):
        for name in names:
            if hasattr(of, name):
                setattr(of, name, redirecting(getattr(of, name)))


@contextlib.contextmanager
def _report_unwritten(path):
    """Reports an export that needs an absent package, instead of ending the script."""
    try:
        yield
    except ModuleNotFoundError as error:
        if not messages.is_absent(error):
            raise
        print(f"{path} was not written: {error}", file=sys.stderr)


def _frames(depth: int = 1):
    frame = sys._getframe(depth)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _local_path(path):
    """A path inside the working folder; creates its folders."""
    if not isinstance(path, str | os.PathLike):
        return path
    inside = os.path.normpath(os.fspath(path)).lstrip("/")
    while inside.startswith("../"):
        inside = inside[3:]
    if os.path.isabs(os.fspath(path)):
        own = os.path.relpath(os.fspath(path), os.getcwd())
        inside = os.path.basename(inside) if own.startswith("..") else own
    # Project files are read-only: an export with the name of one goes to a file beside it, which later reads use.
    if leads_to_project(os.path.dirname(inside)):
        inside = os.path.basename(inside)
    if os.path.islink(inside):
        os.unlink(inside)
    folder = os.path.dirname(inside)
    if folder:
        os.makedirs(folder, exist_ok=True)
    return inside if isinstance(path, str) else type(path)(inside)


def leads_to_project(path: str) -> bool:
    """Whether a path goes through one of the links to the project that are placed in the working folder."""
    own = os.path.relpath(path or ".", os.getcwd())
    while own not in ("", "."):
        if os.path.islink(own):
            return True
        own = os.path.dirname(own)
    return False
