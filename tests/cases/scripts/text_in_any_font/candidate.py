import cadquery as cq
from cadquery.func import text

names = ["Arial", "Sans", "Times", "Courier New", "DejaVu Sans", "no such font", ""]
widths = {round(cq.Workplane().text("Ag1", 10, 2, font=name).val().BoundingBox().xlen, 6) for name in names}
widths |= {round(text("Ag1", 10, font=name).BoundingBox().xlen, 6) for name in names}
widths.add(round(cq.Workplane().text("Ag1", 10, 2, fontPath="/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf").val().BoundingBox().xlen, 6))
assert len(widths) == 1, widths
# Greek, Cyrillic and accents.
result = cq.Workplane().text("Ωж é ő", 10, 2)
assert result.val().isValid()
