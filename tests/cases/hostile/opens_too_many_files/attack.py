keep = [open(f'{n}', 'w') for n in range(10000)]
