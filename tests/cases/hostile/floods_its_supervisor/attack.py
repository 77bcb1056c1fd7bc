import os, struct
while True:
    os.write(110, struct.pack('<6Q', 2, 0, 0, 0, 0, 0))
