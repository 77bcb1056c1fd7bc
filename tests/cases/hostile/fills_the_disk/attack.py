block = b'x' * (1 << 24)
for n in range(1000):
    with open(str(n), 'wb') as f:
        for _ in range(12):
            f.write(block)
