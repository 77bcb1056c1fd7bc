open('/tmp/cadforge-was-here', 'w').write('x')
