import cadquery as cq

thickness = 22


def make_shell():
    profile = [(70, 400), (270, 430), (470, 500), (560, 900), (590, 1120)]
    path = cq.Workplane("YZ").spline(profile)
    return cq.Workplane("XZ").rect(500, thickness).sweep(path, auxSpine=profile)


fixture = make_shell()
