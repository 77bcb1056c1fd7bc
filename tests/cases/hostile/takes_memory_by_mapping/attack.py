import mmap
x = []
while True:
    m = mmap.mmap(-1, 1 << 24)
    m.write(b'x' * (1 << 24))
    x.append(m)
