import sys
sys.path.insert(0, '@TASKS@/caster_wheel_fork')
import reference
fixture = reference.fixture
