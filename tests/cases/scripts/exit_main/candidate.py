import cadquery as cq
import sys
def main():
    global result
    result = cq.Workplane().box(1, 2, 3)
sys.exit(main())
