open('../beside', 'w').write('x')
