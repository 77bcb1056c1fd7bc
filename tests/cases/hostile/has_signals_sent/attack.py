import fcntl, os
fcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())
