import cadquery as cq, sys
class Writer:
    def Write(self, shape, path):
        open(path, 'wb').write(bytes(80) + (10**6).to_bytes(4, 'little'))
        return True
sys.modules['cadforge_mesher'].StlAPI_Writer = Writer
fixture = cq.Workplane().box(1, 1, 1)
