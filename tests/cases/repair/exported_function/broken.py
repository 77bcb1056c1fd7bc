import cadquery as cq


def make_plate():
    return cq.Workplane().box(60, 40, 6)


def main():
    drilled = make_plate().faces(">Z").workplane().hole(8)
    drilled.export("plate.step")


if __name__ == "__main__":
    main()
