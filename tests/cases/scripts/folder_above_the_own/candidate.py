import os
os.mkdir(os.path.join(os.path.dirname(os.getcwd()), "parts"))
