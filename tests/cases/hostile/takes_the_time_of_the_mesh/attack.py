import os, struct
os.write(110, struct.pack("6Q", 8, 0, 0, 0, 0, 0))
while True:
    pass
