model = "M8"
part = len
