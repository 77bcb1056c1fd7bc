import ctypes, faulthandler
faulthandler.disable()
ctypes.string_at(0)
