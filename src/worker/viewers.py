"""Replacements for the viewers that scripts show parts in: CQ-editor, ocp_vscode, jupyter_cadquery, cadquery.vis.

A script's process has no window. Shown objects are recorded with name, colour and opacity; the studio displays them, and
`cadforge_harness` decides which is scored.
"""

import sys
import types

import cadquery as cq

# How an object was shown. The last `OBJECT` is scored; `SHOWN` is scored if there is nothing else; `DEBUG` never is.
OBJECT, SHOWN, DEBUG = "object", "shown", "debug"

# Objects shown for checking leave the part behind them visible.
DEBUG_OPACITY = 0.35

# More objects than a user can distinguish.
MAX_OBJECTS = 256

# Keywords by which the viewers' notebooks and tutorials pass the object.
OBJECT_KEYWORDS = ("obj", "object", "cad_obj", "cqObject", "cq_object", "shape", "objs")

# CSS colours, which the viewers accept, that the kernel has no name for.
CSS_COLORS = {
    "aqua": "#00ffff", "aquamarine": "#7fffd4", "cornsilk": "#fff8dc", "crimson": "#dc143c", "darkblue": "#00008b",
    "darkcyan": "#008b8b", "darkgray": "#a9a9a9", "darkgrey": "#a9a9a9", "darkmagenta": "#8b008b", "darkred": "#8b0000",
    "darkslategrey": "#2f4f4f", "deepskyblue": "#00bfff", "dimgray": "#696969", "dimgrey": "#696969",
    "dodgerblue": "#1e90ff", "fuchsia": "#ff00ff", "grey": "#808080", "indigo": "#4b0082", "lavenderblush": "#fff0f5",
    "lemonchiffon": "#fffacd", "lightgreen": "#90ee90", "lightgrey": "#d3d3d3", "lightsalmon": "#ffa07a",
    "lightslategrey": "#778899", "lime": "#00ff00", "mediumblue": "#0000cd", "navajowhite": "#ffdead", "navy": "#000080",
    "olive": "#808000", "rebeccapurple": "#663399", "silver": "#c0c0c0", "slategrey": "#708090",
}

_shown: list = []
_reported: set = set()


class Shown:

    def __init__(self, value, how, name=None, color=None, opacity=None):
        self.value = value
        self.how = how
        self.name = name if isinstance(name, str) else None
        self.color = rgb(color)
        alpha = None if color is None else _alpha(color)
        self.opacity = _fraction(alpha if opacity is None else opacity, DEBUG_OPACITY if how == DEBUG else 1.0)


def forget() -> None:
    """Resets the record for another script."""
    _shown.clear()
    _reported.clear()


def shown() -> list:
    """The objects shown so far, in order."""
    return _shown


def show_object(obj=None, name=None, options=None, **more):
    """As in CQ-editor, where `alpha` is a transparency."""
    _record(obj, OBJECT, name, options, more, transparency=True)


def debug(obj=None, name=None, options=None, **more):
    """As in CQ-editor: shown beside the part, and never scored."""
    _record(obj, DEBUG, name, options, more, transparency=True)


def log(*values, **_more):
    """As in CQ-editor: a line in the console."""
    print(*values)


def show(*objs, names=None, colors=None, alphas=None, **more):
    """As in ocp_vscode, jupyter_cadquery and cadquery.vis: any number of objects, with parallel lists of properties."""
    if not objs:
        objs = tuple(more.pop(key) for key in OBJECT_KEYWORDS if key in more)

    def nth(values, index):
        return values[index] if isinstance(values, list | tuple) and index < len(values) else None

    for index, obj in enumerate(objs):
        options = {"color": nth(colors, index), "alpha": nth(alphas, index)}
        _record(obj, SHOWN, nth(names, index) or more.get("name"), options, more, transparency=False)


def rgb(color):
    """A colour as three numbers from 0 to 1; None if it cannot be interpreted."""
    try:
        if isinstance(color, str):
            color = CSS_COLORS.get(color.lower(), color)
            if color.startswith("#") and len(color) in (7, 9):
                return tuple(int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
            color = cq.Color(color)
        if hasattr(color, "toTuple"):
            color = color.toTuple()
        channels = [float(channel) for channel in tuple(color)[:3]]
        # Viewers accept both ranges; a colour with any channel above 1 is in bytes.
        scale = 255.0 if max(channels) > 1.0 else 1.0
        return tuple(min(1.0, max(0.0, channel / scale)) for channel in channels) if len(channels) == 3 else None
    except Exception:
        return None


def install() -> None:
    """Installs the replacements under the viewers' module names."""
    vscode = {"show": show, "show_object": _show_object_opaque, "push_object": _show_object_opaque, "show_objects": _nothing}
    for name in (
        "show_all", "show_clear", "reset_show", "set_port", "set_defaults", "reset_defaults", "get_defaults",
        "get_default", "get_port", "set_viewer_config", "status", "workspace_config", "combined_config",
        "save_screenshot", "select_port", "port_check", "set_colormap", "unset_colormap", "get_colormap", "Animation",
        "Camera", "Collapse", "Render", "ColorMap", "ListedColorMap", "SegmentedColorMap", "BaseColorMap",
    ):
        vscode[name] = _NoOp(name)
    _module("ocp_vscode", vscode)
    jupyter = {"show": show, "show_object": _show_object_opaque, "display": show}
    for name in ("open_viewer", "close_viewer", "set_defaults", "set_sidecar", "replay", "disable_replay", "enable_replay", "web_color", "Animation"):
        jupyter[name] = _NoOp(name)
    _module("jupyter_cadquery", jupyter)
    _module("jupyter_cadquery.viewer", jupyter)
    _module("jupyter_cadquery.cadquery", jupyter)
    _module("IPython.display", {"display": _display})
    _module("IPython", {"display": sys.modules["IPython.display"], "get_ipython": lambda: None})
    vis = {"show": show}
    for name in ("style", "toVtk", "toVtkAssy", "vtkAxesActor", "ctrlPts", "iso"):
        vis[name] = _NoOp(name)
    cq.vis = _module("cadquery.vis", vis)


def builtins_of_scripts() -> dict:
    """The names that a viewer's console binds for scripts."""
    return {"show_object": show_object, "debug": debug, "log": log, "show": show, "display": _display}


def _record(obj, how, name, options, more, transparency):
    if obj is None:
        obj = next((more[key] for key in OBJECT_KEYWORDS if more.get(key) is not None), None)
    if obj is None or len(_shown) >= MAX_OBJECTS:
        return
    options = options if isinstance(options, dict) else getattr(options, "__dict__", {})
    alpha = options.get("alpha", more.get("alpha"))
    if alpha is not None and transparency:
        alpha = 1.0 - _fraction(alpha, 0.0)
    _shown.append(Shown(obj, how, name, options.get("color", more.get("color")), alpha))


def _show_object_opaque(obj=None, name=None, options=None, **more):
    """As in ocp_vscode, where `alpha` is an opacity."""
    _record(obj, OBJECT, name, options, more, transparency=False)


def _display(*objs, **more):
    """As in IPython: shows shapes, and prints the rest."""
    for obj in objs:
        if isinstance(obj, str | int | float | bool | dict):
            print(obj)
        else:
            show(obj, **more)


def _alpha(color):
    try:
        channels = color.toTuple() if hasattr(color, "toTuple") else tuple(color)
        return channels[3] if len(channels) == 4 and not isinstance(color, str) else None
    except Exception:
        return None


def _fraction(value, default):
    try:
        return min(1.0, max(0.0, float(value)))
    except Exception:
        return default


def _nothing(*_args, **_more):
    return None


class _NoOp:
    """A viewer's function or object without effect on a part: it can be called, and its attributes read."""

    def __init__(self, name):
        self._name = name

    def __call__(self, *_args, **_more):
        if self._name not in _reported:
            _reported.add(self._name)
            print(f"{self._name}: there is no viewer here, the call has no effect", file=sys.stderr)
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _NoOp(name)


def _module(name: str, members: dict):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    module.__all__ = list(members)
    # A package, so that its submodules can be imported.
    module.__path__ = []
    sys.modules[name] = module
    return module
