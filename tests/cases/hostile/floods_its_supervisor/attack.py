import os, struct
while True:
    os.write(109, struct.pack('<6Q', 2, 0, 0, 0, 0, 0))
