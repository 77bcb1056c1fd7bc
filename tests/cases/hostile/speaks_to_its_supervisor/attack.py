import os
os.write(109, b'CFW\x01' * 12)
import time
time.sleep(5)
