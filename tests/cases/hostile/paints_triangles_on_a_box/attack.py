import cadquery as cq
from OCP.BRep import BRep_Builder, BRep_Tool
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.TopLoc import TopLoc_Location
box = cq.Workplane().box(60, 60, 60).val()
lump = cq.Workplane().sphere(29).val()
BRepMesh_IncrementalMesh(box.wrapped, 0.1, True, 0.1, True)
BRepMesh_IncrementalMesh(lump.wrapped, 0.1, True, 0.1, True)
triangles = BRep_Tool.Triangulation_s(lump.Faces()[0].wrapped, TopLoc_Location())
for face in box.Faces():
    BRep_Builder().UpdateFace(face.wrapped, triangles)
import sys
sys.modules['cadforge_mesher'].BRepMesh_IncrementalMesh = lambda *arguments: None
fixture = box
