"""Stand-ins for packages that the slim environment leaves out.

CadQuery imports vtk, casadi and ezdxf at its top although most scripts never touch them; they are most of
the size and of the start-up time of a full installation. A stand-in can be imported, named in annotations
and subclassed; the first attempt to call it raises `ModuleNotFoundError` and says what is missing.
"""

import importlib.abc
import importlib.machinery
import sys
import types


def stand_in(package: str, purpose: str, also: tuple[str, ...] = ()) -> None:
    """Turns `package`, which is being imported, and all of its submodules into stand-ins.

    `also` names further modules, absent too, that exist only together with the package.
    """
    message = f"{purpose} needs the package {package}, which this slim environment leaves out"
    finder = _Submodules(package, also, message)
    sys.meta_path.insert(0, finder)
    finder.fill(sys.modules[package])


class _Absent(type):
    """The class of everything found in a stand-in: a class itself, so that annotations hold."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _absent(f"{cls.__name__}.{name}", cls._message)

    def __call__(cls, *_args, **_kwargs):
        raise ModuleNotFoundError(cls._message)


def _absent(name: str, message: str) -> type:
    return _Absent(name, (), {"_message": message, "__module__": __name__})


class _Submodules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, package: str, also: tuple[str, ...], message: str):
        self._prefix = package + "."
        self._also = also
        self._message = message

    def find_spec(self, fullname, path=None, target=None):
        if not fullname.startswith(self._prefix) and fullname not in self._also:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec):
        return types.ModuleType(spec.name)

    def exec_module(self, module):
        self.fill(module)

    def fill(self, module) -> None:
        """Gives `module` a stand-in for every public name asked of it."""

        def missing(name):
            if name.startswith("__"):
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            value = _absent(name, self._message)
            setattr(module, name, value)
            return value

        module.__getattr__ = missing
