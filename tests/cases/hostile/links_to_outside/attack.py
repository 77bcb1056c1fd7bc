import os
os.symlink('/etc/passwd', 'inside')
open('inside').read()
