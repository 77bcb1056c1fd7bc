x = bytearray(1 << 44)
