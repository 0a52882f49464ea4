"""One Spark session for all tests: a small one, which starts as little as it can."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from typing import Any

import pytest

MODE = "spark.sql.codegen.factoryMode"


def start_spark(*, compiled: bool = False) -> Any:
    """The session that the engine finds active; the test is skipped where Spark cannot run.

    `compiled`: queries become programs. Of a million rows that takes a third of the time; of hundreds, which is what
    most tests have, making the programs would be most of it. A session that does it otherwise makes way.
    """
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        pytest.skip("no Java: Spark is not tested")
    sql = pytest.importorskip("pyspark.sql", reason="no PySpark: Spark is not tested")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.log.level": "OFF",
        MODE: "CODEGEN_ONLY" if compiled else "NO_CODEGEN",
        "spark.sql.codegen.wholeStage": str(compiled).lower(),
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    active = sql.SparkSession.getActiveSession()
    if active is not None and active.conf.get(MODE) != settings[MODE]:
        active.stop()  # an engine's session is a child: it takes these settings from the context alone
    builder = sql.SparkSession.builder.master("local[2]").appName("healthscore tests")
    for key, value in settings.items():
        builder = builder.config(key, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PySpark's own, of versions of pandas
        return builder.getOrCreate()
