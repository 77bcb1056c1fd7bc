import os, stat
os.mknod('disk', 0o600 | stat.S_IFBLK, os.makedev(8, 0))
