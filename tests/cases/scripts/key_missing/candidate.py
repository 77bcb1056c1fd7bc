x = {}["width"]
