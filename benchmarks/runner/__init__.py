"""Running a suite's episodes, here or on a cluster, and saying what came of them."""
