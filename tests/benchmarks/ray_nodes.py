"""Two Ray nodes with one processor each, on the loopback: until the other end of standard input is closed.

python -m tests.benchmarks.ray_nodes FOLDER
"""

from __future__ import annotations

import sys

from deskhand.benchmarks.runner.engines import cluster as ray_cluster


def main(folder: str) -> None:
    with ray_cluster.environment({**ray_cluster.OURS, "RAY_TMPDIR": folder}):
        import ray  # noqa: F401
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 1, "include_dashboard": False}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        try:
            cluster.add_node(num_cpus=1)
            print(cluster.address, flush=True)
            sys.stdin.read()
        finally:
            cluster.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
