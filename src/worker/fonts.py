"""One font for every script: whatever name `text` is given, it gets the bundled one.

With the system's fonts, text would be another shape on each machine, and there would be none where there are no fonts.
"""

import encodings
import functools
import os

from OCP.Font import Font_FA_Bold, Font_FA_Regular, Font_FontMgr, Font_SystemFont
from OCP.StdPrs import StdPrs_BRepFont
from OCP.TCollection import TCollection_AsciiString


def install(regular: str, bold: str) -> None:
    """Has the kernel know one font, by these paths, from the first use of a font on.

    Not before: its list of fonts begins with what the system has, which the sandbox of a script keeps away and the
    process that all scripts are forked from would keep in its memory.
    """
    get = Font_FontMgr.GetInstance_s
    make = StdPrs_BRepFont.__init__

    @functools.cache
    def prepare() -> None:
        # To read a configuration, the system's library for fonts makes a table with a random seed and frees it in the
        # order of that table. Freed memory is used again in that order: addresses of all that comes after would differ
        # from run to run, and results that depend on them too. A folder without configurations needs no table; the
        # second variable keeps the library's own ones out of it.
        os.environ.update(FONTCONFIG_FILE="/", FONTCONFIG_SYSROOT=os.path.dirname(encodings.__file__))
        with _Silence():
            fonts = get()
        del os.environ["FONTCONFIG_FILE"], os.environ["FONTCONFIG_SYSROOT"]
        fonts.ClearFontDataBase()
        bundled = Font_SystemFont(TCollection_AsciiString("Inter"))
        bundled.SetFontPath(Font_FA_Regular, TCollection_AsciiString(regular))
        bundled.SetFontPath(Font_FA_Bold, TCollection_AsciiString(bold))
        fonts.RegisterFont(bundled, True)

    def instance():
        prepare()
        return get()

    def with_fonts(self, *arguments, **named):
        prepare()
        make(self, *arguments, **named)

    Font_FontMgr.GetInstance_s = staticmethod(instance)
    StdPrs_BRepFont.__init__ = with_fonts


class _Silence:
    """Sends what libraries print to standard error nowhere."""

    def __enter__(self):
        self.kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)

    def __exit__(self, *_):
        os.dup2(self.kept, 2)
        os.close(self.kept)
