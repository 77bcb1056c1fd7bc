#!/usr/bin/env python3
"""Loads exported data sets with Hugging Face `datasets`, and prints a summary of each as a line of JSON.

    load.py FOLDER...
"""

import json
import os
import sys
import tempfile

# No network access, and no files in the home folder of the user.
cache = tempfile.TemporaryDirectory()
os.environ |= {"HF_HOME": cache.name, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}

import datasets  # noqa: E402

datasets.disable_progress_bars()
for folder in sys.argv[1:]:
    loaded = datasets.load_dataset(folder)
    splits = {
        name: {"rows": split.num_rows, "columns": split.column_names, "first": split[0], "last": split[split.num_rows - 1]}
        for name, split in loaded.items()
    }
    print(json.dumps(splits))
