"""Glue as Spark's session catalog.

Spark asks its session catalog for a database, a table or a partition at the moment when a statement names it.
`GlueCatalog` answers from Glue then, and writes there what Spark creates, alters and drops: nothing is
copied, the cost doesn't grow with what else Glue holds, and a table that another client drops in the meantime
no longer exists. It is Spark's ExternalCatalog (Spark 3.5), implemented in Python: Py4J calls it back, in the
thread that waits for Spark. Iceberg tables don't pass through here where the session has Iceberg's catalog.

Hive's own SerDes read what Spark has no data source for, as `hive_formats` says.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import boto3
import hive_types
import json_rows
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from hive_formats import LINES, JsonRows, UnsupportedTableError, source_of, table_input
from hive_types import HiveType, parse_type
from json_rows import row_reader
from py4j.java_gateway import JavaObject
from py4j.protocol import Py4JJavaError
from pyspark import cloudpickle
from pyspark.errors.exceptions import captured
from pyspark.java_gateway import ensure_callback_server_started

# AWS's own limits: partitions in one BatchCreatePartition, in one BatchDeletePartition.
_CREATE_BATCH = 100
_DELETE_BATCH = 25
_NOT_FOUND = "EntityNotFoundException"
_EXISTS = "AlreadyExistsException"

Spec = dict[str, str]


def install(spark: Any) -> Answers:
    """Make Glue the session catalog of a Spark that has not run a statement yet; the client is configured by
    the environment. Spark keeps its own catalog below, for nothing but its type."""
    gateway = spark.sparkContext._gateway
    _start_callbacks(gateway)
    for module in (hive_types, json_rows):
        # Spark's Python processes don't find this folder.
        cloudpickle.register_pickle_by_value(module)
    gateway.python_parameters.propagate_java_exceptions = True
    _unwrap_errors()
    use_hives_serdes(spark)
    glue = boto3.client("glue", config=Config(retries={"total_max_attempts": 3, "mode": "standard"}))
    answers = Answers(GlueCatalog(spark, glue), spark.sparkContext._jvm)
    listening = spark._jsparkSession.sharedState().externalCatalog()
    delegate = listening.getClass().getDeclaredField("delegate")
    delegate.setAccessible(True)
    delegate.set(listening, answers)
    return answers


def _start_callbacks(gateway: Any) -> None:
    """Let only this session's JVM call back: every user of the machine can reach the port.

    PySpark requires no token there, and the call that sets the JVM's port creates a client without one.
    """
    token = secrets.token_hex(32)
    gateway.callback_server_parameters.auth_token = token
    ensure_callback_server_started(gateway)
    client = JavaObject("GATEWAY_SERVER", gateway._gateway_client).getCallbackClient()
    field = client.getClass().getSuperclass().getDeclaredField("authToken")
    field.setAccessible(True)
    field.set(client, token)


def _unwrap_errors() -> None:
    """Show an error of ours as the Spark error that it is: Java wraps what an interface doesn't declare."""
    convert = captured.convert_exception

    def unwrapped(error: Any) -> Any:
        if error.getClass().getName() == "java.lang.reflect.UndeclaredThrowableException":
            error = error.getUndeclaredThrowable()
        return convert(error)

    captured.convert_exception = unwrapped


def use_hives_serdes(spark: Any) -> None:
    """Let sessions plan scans by Hive's SerDes.

    Asked for by its property, Spark would also start a Hive metastore; set here, behind the catalog's making
    and before the session's, it is read for the session alone.
    """
    sessions = spark.sparkContext._jvm.SparkSession
    # The making of a catalog asks the active session for its settings, which would make the session first.
    sessions.clearActiveSession()
    shared = spark._jsparkSession.sharedState()
    shared.externalCatalog()
    shared.conf().set("spark.sql.catalogImplementation", "hive")
    sessions.setActiveSession(spark._jsparkSession)


class Answers:
    """The object that Spark calls: the methods of a `GlueCatalog`, with Java's errors for theirs.

    `working` says that a call is under way; an interrupt at that time would leave Py4J half an answer.
    """

    def __init__(self, catalog: GlueCatalog, jvm: Any) -> None:
        self._catalog = catalog
        self._jvm = jvm
        self.working = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._catalog, re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name))

        def answer(*arguments: Any) -> Any:
            self.working += 1
            try:
                return method(*arguments)
            except (UnsupportedTableError, BotoCoreError, ClientError) as error:
                raise _java_error(self._jvm.java.lang.IllegalArgumentException(str(error))) from error
            finally:
                self.working -= 1

        return answer

    class Java:
        implements = ("org.apache.spark.sql.catalyst.catalog.ExternalCatalog",)


class GlueCatalog:
    """Spark's ExternalCatalog on Glue: the methods and arguments of `ExternalCatalog.scala` (3.5), named as
    Python names them."""

    def __init__(self, spark: Any, glue: Any) -> None:
        self._spark = spark
        self._glue = glue
        jvm = spark.sparkContext._jvm
        self._scala = jvm.org.apache.spark.api.python.PythonUtils
        self._option = jvm.scala.Option.apply
        self._converters = jvm.scala.collection.JavaConverters
        self._analysis = jvm.org.apache.spark.sql.catalyst.analysis
        self._catalog = jvm.org.apache.spark.sql.catalyst.catalog
        self._catalyst = jvm.org.apache.spark.sql.catalyst
        self._types = jvm.org.apache.spark.sql.types
        self._hadoop = jvm.org.apache.hadoop.fs
        self._functions: set[str] = set()

    # Databases

    def database_exists(self, name: str) -> bool:
        return self._database(name) is not None

    def get_database(self, name: str) -> Any:
        database = self._database(name)
        if database is None:
            raise _java_error(self._analysis.NoSuchDatabaseException(name))
        location = database.get("LocationUri") or f"{self._warehouse()}/{name}.db"
        return self._catalog.CatalogDatabase(
            name, database.get("Description", ""), self._uri(location), self._map({})
        )

    def list_databases(self, pattern: str | None = None) -> Any:
        pages = self._glue.get_paginator("get_databases").paginate()
        names = {database["Name"] for page in pages for database in page["DatabaseList"]}
        return self._matching(names | {"default"}, pattern)

    def create_database(self, definition: Any, ignore_if_exists: bool) -> None:
        name = definition.name()
        described = {"Name": name, "Description": definition.description()}
        # Spark invents a location when the statement has none; Glue's databases don't need one.
        if str(definition.locationUri()) != str(self._uri(f"{self._warehouse()}/{name}.db")):
            described["LocationUri"] = self._text(definition.locationUri())
        try:
            self._glue.create_database(DatabaseInput=described)
        except ClientError as error:
            if _code(error) != _EXISTS:
                raise
            if not ignore_if_exists:
                raise _java_error(self._analysis.DatabaseAlreadyExistsException(name)) from error

    def drop_database(self, name: str, ignore_if_not_exists: bool, cascade: bool) -> None:
        if self._database(name) is None:
            if not ignore_if_not_exists:
                raise _java_error(self._analysis.NoSuchDatabaseException(name))
            return
        if not cascade and next(self._names(name), None) is not None:
            raise UnsupportedTableError(f"Database {name} is not empty. Use CASCADE to drop its tables too.")
        self._glue.delete_database(Name=name)

    def alter_database(self, definition: Any) -> None:
        self._glue.update_database(
            Name=definition.name(),
            DatabaseInput={
                "Name": definition.name(),
                "Description": definition.description(),
                "LocationUri": self._text(definition.locationUri()),
            },
        )

    def set_current_database(self, name: str) -> None:
        pass

    # Tables

    def table_exists(self, database: str, name: str) -> bool:
        return self._table(database, name) is not None

    def get_table(self, database: str, name: str) -> Any:
        return self._spark_table(database, name, self._required(database, name))

    def get_tables_by_name(self, database: str, names: Any) -> Any:
        found = []
        for name in self._list(names):
            table = self._table(database, name)
            if table is not None:
                found.append(self._spark_table(database, name, table))
        return self._scala.toSeq(found)

    def list_tables(self, database: str, pattern: str | None = None) -> Any:
        return self._matching(self._names(database), pattern)

    def list_views(self, database: str, pattern: str) -> Any:
        return self._scala.toSeq([])

    def create_table(self, table: Any, ignore_if_exists: bool) -> None:
        database, name = str(table.database()), str(table.identifier().table())
        managed = str(table.tableType().name()) == "MANAGED"
        location = self._location(table.storage())
        if location is None:
            location = f"{self._text(self.get_database(database).locationUri()).rstrip('/')}/{name}"
        described = table_input(name, self._described(table), location, managed=managed)
        try:
            self._glue.create_table(DatabaseName=database, TableInput=described)
        except ClientError as error:
            if _code(error) == _NOT_FOUND:
                raise _java_error(self._analysis.NoSuchDatabaseException(database)) from error
            if _code(error) != _EXISTS:
                raise
            if not ignore_if_exists:
                raise _java_error(self._analysis.TableAlreadyExistsException(database, name)) from error

    def drop_table(self, database: str, name: str, ignore_if_not_exists: bool, purge: bool) -> None:
        table = self._table(database, name)
        if table is not None:
            try:
                self._glue.delete_table(DatabaseName=database, Name=name)
            except ClientError as error:
                # Another client was faster.
                if _code(error) != _NOT_FOUND:
                    raise
                table = None
        if table is None and not ignore_if_not_exists:
            raise _java_error(self._analysis.NoSuchTableException(database, name))
        if table is not None and table.get("TableType") == "MANAGED_TABLE":
            self._delete(table["StorageDescriptor"]["Location"])

    def rename_table(self, database: str, name: str, new_name: str) -> None:
        raise UnsupportedTableError(f"{database}.{name} can't be renamed: the Data Catalog renames no table")

    def alter_table(self, table: Any) -> None:
        database, name = str(table.database()), str(table.identifier().table())
        before = self._required(database, name)
        location = self._location(table.storage())
        described = {key: before[key] for key in _TABLE_INPUT if key in before}
        described["Parameters"] = {**before.get("Parameters", {}), **self._dict(table.properties())}
        described["StorageDescriptor"] = {**before["StorageDescriptor"], "Location": location}
        self._glue.update_table(DatabaseName=database, TableInput=described)

    def alter_table_data_schema(self, database: str, name: str, schema: Any) -> None:
        before = self._required(database, name)
        described = {key: before[key] for key in _TABLE_INPUT if key in before}
        keys = {column["Name"] for column in before.get("PartitionKeys", ())}
        columns = [column for column in self._columns(schema) if column["Name"] not in keys]
        described["StorageDescriptor"] = {**before["StorageDescriptor"], "Columns": columns}
        described.get("Parameters", {}).pop("spark.sql.sources.schema", None)
        self._glue.update_table(DatabaseName=database, TableInput=described)

    def alter_table_stats(self, database: str, name: str, statistics: Any) -> None:
        pass

    # Partitions

    def create_partitions(self, database: str, name: str, partitions: Any, ignore_if_exists: bool) -> None:
        table = self._required(database, name)
        keys = _keys(table)
        storage = table["StorageDescriptor"]
        inputs = []
        for partition in self._list(partitions):
            values = [self._dict(partition.spec())[key] for key in keys]
            location = self._location(partition.storage())
            if location is None:
                location = f"{storage['Location'].rstrip('/')}/{partition_name(keys, values)}"
            inputs.append({"Values": values, "StorageDescriptor": {**storage, "Location": location}})
        for start in range(0, len(inputs), _CREATE_BATCH):
            errors = self._glue.batch_create_partition(
                DatabaseName=database,
                TableName=name,
                PartitionInputList=inputs[start : start + _CREATE_BATCH],
            ).get("Errors", ())
            for error in errors:
                code = error["ErrorDetail"]["ErrorCode"]
                if code != _EXISTS or not ignore_if_exists:
                    raise UnsupportedTableError(
                        f"Partition {error['PartitionValues']} of {database}.{name} can't be added: {code}"
                    )

    def drop_partitions(
        self, database: str, name: str, specs: Any, ignore_if_not_exists: bool, purge: bool, retain: bool
    ) -> None:
        table = self._required(database, name)
        wanted = [self._dict(spec) for spec in self._list(specs)]
        keys = _keys(table)
        found = self._partitions(database, name)
        doomed = [one for one in found if any(_is_meant(keys, one["Values"], spec) for spec in wanted)]
        for spec in wanted:
            if not ignore_if_not_exists and not any(_is_meant(keys, o["Values"], spec) for o in doomed):
                raise _java_error(self._analysis.NoSuchPartitionException(database, name, self._map(spec)))
        for start in range(0, len(doomed), _DELETE_BATCH):
            batch = doomed[start : start + _DELETE_BATCH]
            self._glue.batch_delete_partition(
                DatabaseName=database,
                TableName=name,
                PartitionsToDelete=[{"Values": one["Values"]} for one in batch],
            )
        if table.get("TableType") == "MANAGED_TABLE" and not retain:
            for one in doomed:
                self._delete(one["StorageDescriptor"]["Location"])

    def alter_partitions(self, database: str, name: str, partitions: Any) -> None:
        keys = _keys(self._required(database, name))
        present = list(self._partitions(database, name))
        for partition in self._list(partitions):
            spec = self._dict(partition.spec())
            for found in present:
                if _is_meant(keys, found["Values"], spec):
                    location = self._location(partition.storage())
                    self._glue.update_partition(
                        DatabaseName=database,
                        TableName=name,
                        PartitionValueList=found["Values"],
                        PartitionInput={
                            "Values": found["Values"],
                            "StorageDescriptor": {**found["StorageDescriptor"], "Location": location},
                        },
                    )

    def rename_partitions(self, database: str, name: str, specs: Any, new_specs: Any) -> None:
        raise UnsupportedTableError(f"Partitions of {database}.{name} can't be renamed on this server")

    def get_partition(self, database: str, name: str, spec: Any) -> Any:
        found = self._spark_partitions(database, name, self._dict(spec))
        if not found:
            raise _java_error(self._analysis.NoSuchPartitionException(database, name, spec))
        return found[0]

    def get_partition_option(self, database: str, name: str, spec: Any) -> Any:
        return self._option(next(iter(self._spark_partitions(database, name, self._dict(spec))), None))

    def list_partition_names(self, database: str, name: str, partial: Any) -> Any:
        keys = _keys(self._required(database, name))
        spec = self._partial(partial)
        found = (one["Values"] for one in self._partitions(database, name))
        return self._scala.toSeq(
            sorted(partition_name(keys, values) for values in found if _is_meant(keys, values, spec))
        )

    def list_partitions(self, database: str, name: str, partial: Any) -> Any:
        return self._scala.toSeq(self._spark_partitions(database, name, self._partial(partial)))

    def list_partitions_by_filter(self, database: str, name: str, predicates: Any, zone: str) -> Any:
        table = self._spark_table(database, name, self._required(database, name))
        return self._catalog.ExternalCatalogUtils.prunePartitionsByFilter(
            table, self.list_partitions(database, name, None), predicates, zone
        )

    # What Hive's own commands would do

    def load_table(self, database: str, name: str, *arguments: Any) -> None:
        raise _no_hive_insert(database, name)

    load_partition = load_table
    load_dynamic_partitions = load_table

    # Functions: Glue's are Java classes, which this server doesn't have

    def function_exists(self, database: str, name: str) -> bool:
        return False

    def list_functions(self, database: str, pattern: str) -> Any:
        return self._scala.toSeq([])

    def get_function(self, database: str, name: str) -> Any:
        raise UnsupportedTableError(f"There is no function {database}.{name}")

    def create_function(self, database: str, *arguments: Any) -> None:
        raise UnsupportedTableError(
            "Functions are not kept in the catalog by this server: make a temporary one"
        )

    drop_function = alter_function = rename_function = create_function

    # Glue, and Spark's objects

    def _database(self, name: str) -> dict[str, Any] | None:
        try:
            return dict(self._glue.get_database(Name=name)["Database"])
        except ClientError as error:
            if _code(error) != _NOT_FOUND:
                raise
        return {"Name": name} if name == "default" else None

    def _table(self, database: str, name: str) -> dict[str, Any] | None:
        try:
            return dict(self._glue.get_table(DatabaseName=database, Name=name.partition(LINES)[0])["Table"])
        except ClientError as error:
            if _code(error) != _NOT_FOUND:
                raise
            return None

    def _required(self, database: str, name: str) -> dict[str, Any]:
        table = self._table(database, name)
        if table is None:
            raise _java_error(self._analysis.NoSuchTableException(database, name))
        return table

    def _names(self, database: str) -> Iterator[str]:
        try:
            for page in self._glue.get_paginator("get_tables").paginate(DatabaseName=database):
                yield from (table["Name"] for table in page["TableList"])
        except ClientError as error:
            if _code(error) != _NOT_FOUND:
                raise

    def _partitions(self, database: str, name: str) -> list[dict[str, Any]]:
        """The registered ones; empty for a table that has been dropped since Spark saw it."""
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=database, TableName=name.partition(LINES)[0], ExcludeColumnSchema=True
        )
        try:
            return [partition for page in pages for partition in page["Partitions"]]
        except ClientError as error:
            if _code(error) != _NOT_FOUND:
                raise
            raise _java_error(self._analysis.NoSuchTableException(database, name)) from error

    def _spark_table(self, database: str, name: str, table: Mapping[str, Any]) -> Any:
        """The CatalogTable of a Glue table."""
        source = source_of(database, table, as_lines=name.endswith(LINES))
        schema = self._schema(source.schema)
        if source.json:
            self._provide(source.json)
        make = self._catalog.CatalogTable
        types = self._catalog.CatalogTableType
        return make(
            self._catalyst.TableIdentifier(name, self._option(database)),
            types.VIEW() if source.view else types.EXTERNAL(),
            self._storage(source.location, source.serde, source.reads, source.writes, source.options),
            schema,
            self._option(source.provider),
            self._scala.toSeq(source.keys),
            self._option(None),
            table.get("Owner", ""),
            _milliseconds(table.get("CreateTime")),
            -1,
            "",
            self._map(source.properties),
            self._option(None),
            self._option(source.view),
            self._option(table.get("Description")),
            self._scala.toSeq([]),
            bool(source.keys) and not source.view,
            True,
            self._map({}),
            self._option(source.view),
        )

    def _provide(self, rows: JsonRows) -> None:
        """Let Spark know the function that reads a table's lines."""
        if rows.function in self._functions:
            return
        columns = [(name, parse_type(kind)) for name, kind in rows.columns]
        row = HiveType("struct", (), tuple(kind for _, kind in columns), tuple(name for name, _ in columns))
        self._spark.udf.register(rows.function, row_reader(columns, rows.options), row.in_spark())
        self._functions.add(rows.function)

    def _schema(self, columns: str) -> Any:
        """Spark's StructType of `a int, b struct<...>`, or of its JSON."""
        try:
            if columns.startswith("{"):
                return self._types.DataType.fromJson(columns)
            schema = self._types.StructType.fromDDL(columns)
        except Exception as error:
            raise UnsupportedTableError(f"not a valid Spark type: {str(error).splitlines()[0]}") from error
        return self._catalyst.util.CharVarcharUtils.replaceCharVarcharWithStringInSchema(schema)

    def _storage(
        self,
        location: str | None,
        serde: str | None,
        reads: str | None,
        writes: str | None,
        options: Mapping[str, str],
    ) -> Any:
        return self._catalog.CatalogStorageFormat(
            self._option(self._uri(location) if location else None),
            self._option(reads),
            self._option(writes),
            self._option(serde),
            False,
            self._map(options),
        )

    def _spark_partitions(self, database: str, name: str, wanted: Spec) -> list[Any]:
        table = self._required(database, name)
        source = source_of(database, table, as_lines=name.endswith(LINES))
        keys = _keys(table)
        return [
            self._catalog.CatalogTablePartition(
                self._map(dict(zip(keys, one["Values"], strict=True))),
                self._storage(
                    one["StorageDescriptor"]["Location"],
                    source.serde,
                    source.reads,
                    source.writes,
                    source.options,
                ),
                self._map({}),
                0,
                -1,
                self._option(None),
            )
            for one in self._partitions(database, name)
            if _is_meant(keys, one["Values"], wanted)
        ]

    def _described(self, table: Any) -> dict[str, Any]:
        """A CatalogTable that Spark wants to keep, as Python data."""
        return {
            "provider": str(self._get(table.provider()) or "hive").lower(),
            "schema": json.loads(table.schema().json()),
            "columns": self._columns(table.schema()),
            "keys": [str(key) for key in self._list(table.partitionColumnNames())],
            "options": self._dict(table.storage().properties()),
            "serde": self._get(table.storage().serde()),
            "reads": self._get(table.storage().inputFormat()),
            "writes": self._get(table.storage().outputFormat()),
            "properties": self._dict(table.properties()),
            "comment": self._get(table.comment()),
        }

    def _columns(self, schema: Any) -> list[dict[str, str]]:
        """Glue's columns of a StructType."""
        columns = []
        for one in self._catalyst.util.CharVarcharUtils.getRawSchema(schema).fields():
            column = {"Name": one.name().lower(), "Type": one.dataType().catalogString()}
            comment = self._get(one.getComment())
            columns.append({**column, "Comment": str(comment)} if comment else column)
        return columns

    def _delete(self, location: str) -> None:
        path = self._hadoop.Path(location)
        configuration = self._spark._jsparkSession.sessionState().newHadoopConf()
        path.getFileSystem(configuration).delete(path, True)

    def _warehouse(self) -> str:
        return str(self._spark.conf.get("spark.sql.warehouse.dir")).rstrip("/")

    def _location(self, storage: Any) -> str | None:
        uri = self._get(storage.locationUri())
        return None if uri is None else self._text(uri)

    def _text(self, uri: Any) -> str:
        """An address as it is written, without a URI's escapes."""
        return re.sub("^s3[an]:", "s3:", str(self._catalog.CatalogUtils.URIToString(uri)))

    def _uri(self, location: str) -> Any:
        return self._catalog.CatalogUtils.stringToURI(location)

    def _matching(self, names: Iterable[str], pattern: str | None) -> Any:
        found = self._scala.toSeq(sorted(names))
        if pattern is None:
            return found
        return self._catalyst.util.StringUtils.filterPattern(found, pattern)

    def _map(self, items: Mapping[str, str]) -> Any:
        return self._scala.toScalaMap(dict(items))

    def _dict(self, scala_map: Any) -> Spec:
        return {str(k): str(v) for k, v in dict(self._converters.mapAsJavaMap(scala_map)).items()}

    def _list(self, scala_sequence: Any) -> list[Any]:
        return list(self._converters.seqAsJavaList(scala_sequence))

    def _get(self, option: Any) -> Any:
        return option.get() if option.isDefined() else None

    def _partial(self, option: Any) -> Spec:
        return self._dict(option.get()) if option is not None and option.isDefined() else {}


_TABLE_INPUT = (
    "Name",
    "Description",
    "Owner",
    "Retention",
    "TableType",
    "Parameters",
    "PartitionKeys",
    "StorageDescriptor",
    "ViewOriginalText",
    "ViewExpandedText",
)


def _java_error(exception: Any) -> Py4JJavaError:
    return Py4JJavaError("Spark's catalog refuses it", exception)


def _no_hive_insert(database: str, name: str) -> UnsupportedTableError:
    return UnsupportedTableError(f"{database}.{name} can't be written by Spark on this server")


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _keys(table: Mapping[str, Any]) -> list[str]:
    return [column["Name"] for column in table.get("PartitionKeys", ())]


def _milliseconds(moment: Any) -> int:
    return int(moment.timestamp() * 1000) if moment is not None else 0


def partition_name(keys: list[str], values: list[str]) -> str:
    """`a=1/b=2`, as Spark and Hive name a partition and its folder."""
    return "/".join(f"{key}={_escaped(value)}" for key, value in zip(keys, values, strict=True))


def _is_meant(keys: list[str], values: list[str], spec: Spec) -> bool:
    """Whether a partition has these values, of all keys or of some; `08` is `8` to Spark."""
    shown = dict(zip(keys, values, strict=True))
    return all(_is_same(value, shown[key]) for key, value in spec.items())


def _is_same(wanted: str, value: str) -> bool:
    return wanted == value or (value.isdecimal() and wanted.isdecimal() and int(wanted) == int(value))


# Hive's escaping of folder names (FileUtils.escapePathName): control characters and these.
_ESCAPED = frozenset("\"#%'*/:=?\\\x7f{[]^")


def _escaped(value: str) -> str:
    return "".join(f"%{ord(c):02X}" if c in _ESCAPED or ord(c) < 32 else c for c in value)
