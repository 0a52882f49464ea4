"""One Spark session for all tests: a small one, which starts and compiles as little as it can."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from typing import Any

import pytest


def start_spark() -> Any:
    """The session that the engine finds active; the test is skipped where Spark cannot run."""
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        pytest.skip("no Java: Spark is not tested")
    sql = pytest.importorskip("pyspark.sql", reason="no PySpark: Spark is not tested")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.log.level": "OFF",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",  # tables of hundreds of rows: compiling would be most of it
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = sql.SparkSession.builder.master("local[2]").appName("healthscore tests")
    for key, value in settings.items():
        builder = builder.config(key, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PySpark's own, of versions of pandas
        return builder.getOrCreate()
