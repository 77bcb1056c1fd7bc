import cadquery as cq

import sys

sys.path.insert(0, "tasks/wall_j_hook_120n")
import reference

fixture = reference.fixture
