"""Small shapes for `scripts/parity.py`: special cases of meshing, merging or drawing."""

# Some turned shapes have duplicate seam vertices one float apart; spheres and cones have poles; thin and flat shapes have slivers
# and lines; bodies that touch or repeat have edges of more than two faces.
SHAPES = {
    "ring": "cq.Workplane().circle(20).circle(12).extrude(8)",
    "ring_turned_30": "cq.Workplane().circle(20).circle(12).extrude(8).rotate((0, 0, 0), (0, 0, 1), 30)",
    "ring_turned_30_about_x": "cq.Workplane().circle(20).circle(12).extrude(8).rotate((0, 0, 0), (1, 0, 0), 30)",
    "ring_turned_77": "cq.Workplane().circle(25).circle(10).extrude(30).rotate((0, 0, 0), (0, 0, 1), 77)",
    "sphere": "cq.Workplane().sphere(15)",
    "sphere_turned": "cq.Workplane().sphere(15).rotate((0, 0, 0), (1, 1, 0), 40)",
    "half_sphere": "cq.Workplane().sphere(15, angle1=0)",
    "cone_with_a_point": "cq.Workplane(obj=cq.Solid.makeCone(12, 0, 30))",
    "cone_turned": "cq.Workplane(obj=cq.Solid.makeCone(12, 0, 30)).rotate((0, 0, 0), (0, 1, 0), 50)",
    "frustum": "cq.Workplane(obj=cq.Solid.makeCone(12, 5, 30))",
    "ball_end": "cq.Workplane().circle(6).extrude(30).union(cq.Workplane().sphere(6))",
    "drill_tip": "cq.Workplane().circle(6).extrude(30).union(cq.Workplane(obj=cq.Solid.makeCone(6, 0, 5)).translate((0, 0, 30)))",
    "torus": "cq.Workplane(obj=cq.Solid.makeTorus(20, 5))",
    "torus_turned": "cq.Workplane(obj=cq.Solid.makeTorus(20, 5)).rotate((0, 0, 0), (0, 1, 0), 30)",
    "filleted_box": "cq.Workplane().box(60, 40, 20).edges().fillet(4)",
    "chamfered_box": "cq.Workplane().box(60, 40, 20).edges('|Z').chamfer(5)",
    "shelled_box": "cq.Workplane().box(60, 40, 30).faces('>Z').shell(-2)",
    "loft": "cq.Workplane().rect(40, 40).workplane(offset=30).circle(10).loft()",
    "loft_of_three": "cq.Workplane().rect(40, 20).workplane(offset=20).circle(12).workplane(offset=20).rect(10, 30).loft()",
    "swept_pipe": "cq.Workplane().circle(4).sweep(cq.Workplane('XZ').spline([(0, 0), (10, 20), (40, 30)]))",
    "spline_outline": "cq.Workplane().spline([(20, 0), (5, 18), (-20, 4), (-6, -16)]).close().extrude(12)",
    "revolved_vase": "cq.Workplane('XZ').spline([(10, 0), (18, 15), (8, 30), (14, 45)]).lineTo(0, 45).lineTo(0, 0).close().revolve(360, (0, 0, 0), (0, 1, 0))",
    "revolved_quarter": "cq.Workplane('XZ').moveTo(10, 0).rect(8, 20).revolve(90, (0, 0, 0), (0, 1, 0))",
    "plate_with_holes": "cq.Workplane().box(80, 50, 4).faces('>Z').workplane().rarray(12, 12, 5, 3).hole(5)",
    "thin_sheet": "cq.Workplane().box(100, 60, 0.2)",
    "tall_rod": "cq.Workplane().circle(1.5).extrude(200)",
    "long_bar": "cq.Workplane().box(300, 4, 2)",
    "tiny": "cq.Workplane().circle(0.02).extrude(0.05)",
    "tiny_turned": "cq.Workplane().circle(0.02).circle(0.01).extrude(0.05).rotate((0, 0, 0), (0, 0, 1), 30)",
    "far_away": "cq.Workplane().box(10, 20, 30).edges().fillet(2).translate((5000, -3000, 2000))",
    "twisted": "cq.Workplane().rect(20, 12).twistExtrude(40, 120)",
    "tapered_round_turned_90": "cq.Workplane().circle(10).extrude(10, taper=10).rotate((0, 0, 0), (1, 0, 0), 90)",
    "tapered_round_turned_120": "cq.Workplane().circle(10).extrude(10, taper=10).rotate((0, 0, 0), (1, 1, 1), 120)",
    "tapered": "cq.Workplane().polygon(6, 30).extrude(25, taper=12)",
    "touching_along_an_edge": "cq.Workplane().box(10, 10, 10).union(cq.Workplane().box(10, 10, 10).translate((10, 10, 0)))",
    "touching_at_a_corner": "cq.Workplane().box(10, 10, 10).union(cq.Workplane().box(10, 10, 10).translate((10, 10, 10)))",
    "bodies_apart": "cq.Workplane().box(10, 10, 30).union(cq.Workplane().sphere(6).translate((20, 0, 4)))",
    "bodies_far_apart": "cq.Workplane().box(10, 10, 30).union(cq.Workplane().box(8, 8, 8).translate((60, 10, 0)))",
    "many_bodies": "cq.Workplane().rarray(8, 8, 12, 11).rect(3, 3).extrude(5)",
    "bodies_in_each_other": "cq.Workplane(obj=cq.Compound.makeCompound([cq.Workplane().box(20, 20, 20).val(), cq.Workplane().sphere(8).val()]))",
    "one_body_twice": "cq.Workplane(obj=cq.Compound.makeCompound([cq.Workplane().box(20, 20, 20).val(), cq.Workplane().box(20, 20, 20).val()]))",
    "loose_faces": "cq.Workplane(obj=cq.Compound.makeCompound(cq.Workplane().box(20, 20, 20).faces('>X or <Y or >Z').vals()))",
    "wedge": "cq.Workplane().wedge(30, 20, 10, 5, 5, 20, 8)",
    "gear_like": "cq.Workplane().polarLine(20, 0).polyline([(20 + 3 * (i % 2), 0) for i in range(2)]).close().extrude(1).union(cq.Workplane().circle(20).extrude(6)).cut(cq.Workplane().polarArray(20, 0, 360, 18).rect(3, 3).extrude(6))",
}


def script(shape):
    return f"import cadquery as cq\n\nfixture = {SHAPES[shape]}\n"
