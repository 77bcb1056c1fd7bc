from OCP.Font import Font_FA_Regular
from OCP.NCollection import NCollection_Utf8String
from OCP.StdPrs import StdPrs_BRepFont, StdPrs_BRepTextBuilder

import cadquery as cq

font = StdPrs_BRepFont(NCollection_Utf8String("Arial"), Font_FA_Regular, 10.0)
flat = cq.Shape.cast(StdPrs_BRepTextBuilder().Perform(font, NCollection_Utf8String("Ag1")))
result = cq.Compound.makeCompound([cq.Solid.extrudeLinear(face, cq.Vector(0, 0, 2)) for face in flat.Faces()])
