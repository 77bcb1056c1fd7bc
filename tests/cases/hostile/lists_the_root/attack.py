import os
os.listdir('/')
