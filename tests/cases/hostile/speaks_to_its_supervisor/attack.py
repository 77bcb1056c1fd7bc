import os
os.write(110, b'CFW\x01' * 12)
import time
time.sleep(5)
