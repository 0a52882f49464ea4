"""The Spark session that a run computes in: the one that is there, what the environment names, or this machine."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from healthscore.errors import ConfigurationError

NAMES_A_CLUSTER = ("SPARK_HOME", "SPARK_CONF_DIR", "PYSPARK_SUBMIT_ARGS", "PYSPARK_GATEWAY_PORT", "MASTER")
"""Environment variables by which PySpark is told where to compute."""

MEANINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.jsonGenerator.ignoreNullFields": "false",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
}
"""Settings on which results depend."""


def open_session(threads: int) -> Any:
    """A session of its own, with the settings that results depend on; it shares the context, and the cluster.

    Raises
    ------
    ConfigurationError
        PySpark or Java is not installed, or the cluster that the environment names cannot be reached.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise ConfigurationError(
            'engine = "spark" needs PySpark', 'run `pip install "healthscore[spark]"`, and install Java 17'
        ) from None
    # PySpark writes every failed query to the terminal, trace and all; whoever asked is told by the exception.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        active = SparkSession.getActiveSession() or _started(SparkSession.builder, threads)
    except (PySparkException, OSError, RuntimeError) as error:
        raise ConfigurationError(
            f"Spark did not start: {str(error).splitlines()[0][:300]}",
            "install Java 17 (`java -version` tells), or mend what SPARK_HOME and PYSPARK_SUBMIT_ARGS say",
        ) from None
    session = active.newSession()
    for key, value in MEANINGS.items():
        session.conf.set(key, value)
    return session


@contextmanager
def quietly() -> Iterator[None]:
    """Without PySpark's warning of new versions of pandas, of which nothing is used here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        yield


def _started(builder: Any, threads: int) -> Any:
    builder = builder.appName("healthscore").config("spark.ui.showConsoleProgress", "false")
    if not any(os.environ.get(name) for name in NAMES_A_CLUSTER):
        builder = (
            builder.master(f"local[{threads}]")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", str(4 * threads))
            .config("spark.log.level", "ERROR")
        )
    with quietly():
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
