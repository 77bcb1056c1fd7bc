#!/usr/bin/env python3
"""Makes the bundled fonts from the upstream files: `subset.py INTER_DIR JETBRAINS_DIR` (needs fonttools).

egui has no switch for OpenType features, so the tabular figures of Inter (`tnum`) become its default
figures here; coding ligatures of JetBrains Mono go, so that a caret never lands inside one.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
TEXT = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x250),  # Latin
    *range(0x370, 0x400),  # Greek, for formulas
    *range(0x400, 0x460),  # Cyrillic
    *range(0x2010, 0x2060),  # dashes, quotes, bullets, ellipsis
    *range(0x2190, 0x21AA),  # arrows
    *range(0x2200, 0x2270),  # mathematics
    *range(0x2300, 0x23FF),  # keys, technical
    *range(0x2500, 0x2600),  # boxes, triangles, dots
    0x2713, 0x2717, 0x2715, 0x20AC, 0x2122, 0x2116,
]
TABULAR = "0123456789+-\u2212"


def tabular(font: TTFont) -> None:
    """Points the figures in `cmap` at the glyphs that `tnum` would put in their place."""
    gsub = font["GSUB"].table
    mapping = {}
    for record in gsub.FeatureList.FeatureRecord:
        if record.FeatureTag != "tnum":
            continue
        for index in record.Feature.LookupListIndex:
            for table in gsub.LookupList.Lookup[index].SubTable:
                mapping.update(getattr(getattr(table, "ExtSubTable", table), "mapping", {}))
    for table in font["cmap"].tables:
        for code, name in list(table.cmap.items()):
            if code < 0x10000 and chr(code) in TABULAR and name in mapping:
                table.cmap[code] = mapping[name]


def make(source: Path, features: list[str]) -> None:
    font = TTFont(source)
    if "tnum" in {record.FeatureTag for record in font["GSUB"].table.FeatureList.FeatureRecord}:
        tabular(font)
    options = subset.Options()
    options.layout_features = features
    options.hinting = True
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=TEXT)
    subsetter.subset(font)
    font.save(HERE / source.name)


if __name__ == "__main__":
    inter, jetbrains = map(Path, sys.argv[1:])
    for weight in ["Regular", "Medium", "SemiBold"]:
        make(inter / f"Inter-{weight}.otf", ["kern", "ccmp", "mark", "mkmk", "locl"])
    make(jetbrains / "JetBrainsMono-Regular.ttf", ["ccmp", "mark", "mkmk", "locl"])
