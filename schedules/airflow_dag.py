"""A DAG for platforms whose Airflow runs container images of tagged releases, with settings from environment variables.

It needs Airflow with its provider cncf.kubernetes, which are no dependency of this collection. Change what is named in
capitals; the claim names a volume that outlives the pod, or else the runs are gone with it.
"""

from datetime import timedelta

import pendulum
from airflow import DAG
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

# A release, never `latest`: the same image gives the same tables. Put the name of your registry before it.
IMAGE = "notebooks:v0.1.0"
NAMESPACE = "notebooks"
CLAIM = "notebooks-outputs"
SKIPPED = 4

with DAG(
    dag_id="notebooks",
    description="Notebooks on youth justice, one scheduled run",
    schedule="30 5 * * 1-5",
    # The schedule is read in the zone of this date.
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/London"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
) as dag:
    KubernetesPodOperator(
        task_id="run",
        name="notebooks-run",
        namespace=NAMESPACE,
        image=IMAGE,
        env_vars={
            "NOTEBOOKS_OUTPUT": "/outputs",
            "NOTEBOOKS_KEEP": "30",
            "NOTEBOOKS_IF_RUNNING": "skip",
        },
        skip_on_exit_code=SKIPPED,
        # The same input fails again: a person looks first.
        retries=0,
        get_logs=True,
        # Room to end after SIGTERM.
        termination_grace_period=60,
        container_resources=k8s.V1ResourceRequirements(
            requests={"cpu": "2", "memory": "2Gi"}, limits={"cpu": "2", "memory": "4Gi"}
        ),
        security_context=k8s.V1PodSecurityContext(run_as_user=1000, run_as_group=1000, fs_group=1000),
        container_security_context=k8s.V1SecurityContext(
            run_as_non_root=True,
            read_only_root_filesystem=True,
            allow_privilege_escalation=False,
            capabilities=k8s.V1Capabilities(drop=["ALL"]),
        ),
        volumes=[
            k8s.V1Volume(name="outputs", persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(claim_name=CLAIM)),
            k8s.V1Volume(name="tmp", empty_dir=k8s.V1EmptyDirVolumeSource()),
        ],
        volume_mounts=[
            k8s.V1VolumeMount(name="outputs", mount_path="/outputs"),
            k8s.V1VolumeMount(name="tmp", mount_path="/tmp"),
        ],
    )
