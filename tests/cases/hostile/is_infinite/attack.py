import cadquery as cq
from OCP.BRepBuilderAPI import BRepBuilderAPI_MakeFace
from OCP.gp import gp_Pln
fixture = cq.Face(BRepBuilderAPI_MakeFace(gp_Pln()).Face())
