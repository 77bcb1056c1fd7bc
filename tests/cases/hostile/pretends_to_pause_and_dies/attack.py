import os, struct
os.write(110, struct.pack('<6Q', 4, 1, 0, 0, 0, 0))
os._exit(3)
