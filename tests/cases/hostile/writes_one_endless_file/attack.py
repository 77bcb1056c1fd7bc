block = b'x' * (1 << 24)
with open('endless', 'wb') as f:
    while True:
        f.write(block)
