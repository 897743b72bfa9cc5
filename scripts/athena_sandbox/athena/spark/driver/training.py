"""Runs once through what sessions do, so that the JVM learns which classes they load.

Started as `python training.py CONFIGURATION DIRECTORY`: Spark properties as a JSON file, and a folder for
scratch tables. Uses no service: what is written goes to the folder; calls to AWS go to a port where nobody
listens, since it is their classes that count.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any


def _files(spark: Any, folder: str) -> None:
    frame = spark.range(4).selectExpr("id", "cast(id as string) as name", "current_timestamp() as at")
    frame.write.mode("overwrite").partitionBy("name").parquet(f"{folder}/parquet")
    spark.read.parquet(f"{folder}/parquet").groupBy("name").count().collect()
    frame.write.format("parquet").option("path", f"{folder}/hive").saveAsTable("default.training_hive")
    spark.read.parquet(f"{folder}/hive").toPandas()
    lines = "row format delimited fields terminated by ',' stored as textfile"
    spark.sql(f"create table default.training_lines (id int, name string) {lines} location '{folder}/csv'")
    frame.select("id", "name").write.csv(f"{folder}/csv")
    spark.table("default.training_lines").toPandas()


def _iceberg(spark: Any) -> None:
    spark.range(4).createOrReplaceTempView("training")
    spark.sql(
        "create table scratch.d.t using iceberg partitioned by (bucket(4, id)) as select * from training"
    )
    spark.table("scratch.d.t").filter("id > 5").toPandas()
    spark.table("scratch.d.t").writeTo("scratch.d.t").append()
    spark.sql("drop table scratch.d.t")


def _aws(spark: Any) -> None:
    with suppress(Exception):
        spark.sql("show tables in spark_catalog.nowhere").collect()
    with suppress(Exception):
        spark.table("nowhere.nothing")
    with suppress(Exception):
        spark.read.parquet("s3://nowhere/nothing")


def _pandas(spark: Any) -> None:
    frame = spark.createDataFrame(spark.range(10).toPandas())
    frame.groupBy("id").applyInPandas(lambda group: group, "id long").collect()


def main() -> None:
    from glue_catalog import use_hives_serdes
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for name, value in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")).items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    use_hives_serdes(spark)
    _files(spark, sys.argv[2])
    _iceberg(spark)
    _aws(spark)
    _pandas(spark)
    java = spark.sparkContext._gateway.proc
    spark.stop()
    # At the end of its input the JVM exits and writes what it has learnt.
    java.stdin.close()
    java.wait()


if __name__ == "__main__":
    main()
