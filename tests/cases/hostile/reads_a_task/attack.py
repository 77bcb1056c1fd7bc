open('@TASKS@/caster_wheel_fork/reference.py').read()
