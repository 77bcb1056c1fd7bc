import urllib.request
urllib.request.urlopen('http://localhost/')
