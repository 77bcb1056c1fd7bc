n = 0
while True:
    open(str(n), 'w').close()
    n += 1
