import json
sizes = json.load(open("sizes.json"))
