class Part:
    pass
raise ValueError(f"not a shape: {object()}")
