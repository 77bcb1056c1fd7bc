import os, struct, time
os.write(110, struct.pack('<6Q', 7, 0, 0, 0, 0, 0))
time.sleep(5)
