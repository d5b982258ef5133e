"""What the README says of Slurm is what dask-jobqueue takes; no cluster is asked for anything."""

import ast
import re

from dask_jobqueue.slurm import SLURMJob

from helpers import paths


def snippet(name):
    blocks = re.findall(r"```python\n(.*?)```", (paths.ROOT / "README.md").read_text(), re.DOTALL)
    (found,) = (block for block in blocks if name in block)
    return found


def test_the_slurm_cluster_of_the_readme_makes_a_job_script():
    (call,) = (
        node
        for node in ast.walk(ast.parse(snippet("SLURMCluster")))
        if isinstance(node, ast.Call) and "SLURM" in ast.unparse(node.func)
    )
    options = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
    jobs = options.pop("interface"), options.pop("walltime")
    # The job alone: a cluster would start a scheduler on a network card that is not here.
    script = SLURMJob("tcp://127.0.0.1:8786", "made", interface="lo", walltime=jobs[1], **options).job_script()
    for part in ("#SBATCH -t 02:00:00", "distributed.cli.dask_worker", "--nworkers 4", "--nthreads 1"):
        assert part in script


def test_the_kubernetes_cluster_of_the_readme_is_python():
    compile(snippet("KubeCluster"), "README.md", "exec")
