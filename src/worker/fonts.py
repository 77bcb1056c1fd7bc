"""One font for all scripts: `text` uses the bundled font, whatever name it is given.

With the system's fonts, text would have another shape on each machine, and none where no fonts are installed.
"""

import encodings
import functools
import os

from OCP.Font import Font_FA_Bold, Font_FA_Regular, Font_FontMgr, Font_SystemFont
from OCP.StdPrs import StdPrs_BRepFont
from OCP.TCollection import TCollection_AsciiString


def install(regular: str, bold: str) -> None:
    """Registers one font, from these paths, with the kernel when a script first uses a font.

    Not earlier: the kernel's list of fonts begins with the system's, which the sandbox withholds and which would otherwise stay
    in the zygote's memory.
    """
    get = Font_FontMgr.GetInstance_s
    make = StdPrs_BRepFont.__init__

    @functools.cache
    def prepare() -> None:
        # To read its configuration, fontconfig builds a table with a random seed and frees it in the order of that table. Freed
        # memory is reused in that order: all later addresses, and results that depend on them, would differ from run to run. A
        # folder without configurations needs no table; the second variable keeps the library's own configurations out of it.
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
    """Discards what libraries print to standard error."""

    def __enter__(self):
        self.saved = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)

    def __exit__(self, *_):
        os.dup2(self.saved, 2)
        os.close(self.saved)
