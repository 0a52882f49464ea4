"""Health scores by Airflow 2 or 3: scores every night, a model every month, an audit every quarter.

Copy it into the DAGs folder and set the two variables below. Every job is a plain command. It names its date, which
follows from the schedule and never from the clock, so a run that is repeated weeks later scores the same day.

Exit codes: 75, another job is at work, is tried again. 5 of an audit is an answer and no failure: the branch `review`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

try:  # Airflow 3, and Airflow 2 with the provider apache-airflow-providers-standard
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.python import BranchPythonOperator
except ImportError:  # Airflow 2
    from airflow.operators.bash import BashOperator
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.python import BranchPythonOperator
try:
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG

RUN = "/srv/health/healthscore.toml"
COMMAND = "HEALTHSCORE_LOG=json /srv/health/.venv/bin/healthscore"
AS_OF = "{{ data_interval_end | ds }}"
"""The day on which the job runs: scores know what lay before its midnight."""
AGAIN = {"retries": 6, "retry_delay": timedelta(minutes=10)}
"""A lock is gone within the hour. A table that breaks its contract fails again each time, and in a moment."""
BEGIN = datetime(2026, 1, 1)

with DAG(
    "health_scores", schedule="30 2 * * *", start_date=BEGIN, catchup=False, max_active_runs=1, default_args=AGAIN
):
    score = BashOperator(task_id="score", bash_command=f"{COMMAND} score {RUN} --as-of {AS_OF}")
    deliver = BashOperator(task_id="deliver_what_waits", bash_command=f"{COMMAND} deliver {RUN}")
    score >> deliver

with DAG("health_model", schedule="0 4 1 * *", start_date=BEGIN, catchup=False, max_active_runs=1, default_args=AGAIN):
    check = BashOperator(task_id="check", bash_command=f"{COMMAND} check {RUN} --leaks")
    train = BashOperator(task_id="train", bash_command=f"{COMMAND} train {RUN}")
    promote = BashOperator(task_id="promote", bash_command=f"{COMMAND} models promote {RUN}")
    check >> train >> promote

with DAG(
    "health_audit", schedule="0 6 1 */3 *", start_date=BEGIN, catchup=False, max_active_runs=1, default_args=AGAIN
):
    audit = BashOperator(
        task_id="audit",
        bash_command=f"{COMMAND} audit {RUN} --as-of {AS_OF} >&2; code=$?; "
        "case $code in 0) echo keep;; 5) echo review;; *) exit $code;; esac",
        do_xcom_push=True,
    )
    decide = BranchPythonOperator(
        task_id="decide", python_callable=lambda ti: ti.xcom_pull(task_ids="audit").strip().splitlines()[-1]
    )
    keep = EmptyOperator(task_id="keep")
    review = EmptyOperator(task_id="review")  # put a mail, a ticket or a message to the owner of the score here
    audit >> decide >> [keep, review]
