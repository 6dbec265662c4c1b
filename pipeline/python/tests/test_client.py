"""Lists of the API, beside a stand-in for the compiled module."""

import datetime
import io
import sys
import types

import pytest
from connectwise_etl import RunFailed, UsageError
from connectwise_etl.client import ConnectWiseClient

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def entries():
    """Records as bronze has them: texts, numbers with nulls, times, and what is nested."""
    info = pa.map_(pa.string(), pa.string())
    company = pa.struct([("id", pa.int64()), ("_info", info)])
    fields = pa.list_(pa.struct([("id", pa.int64()), ("value", pa.string()), ("_info", info)]))
    at = datetime.datetime(2026, 1, 5, 6, tzinfo=datetime.timezone.utc)
    rows = [
        {"id": 1, "hours": None, "at": at, "company": {"id": 7, "_info": [("a", "b")]}, "customFields": []},
        {
            "id": 2,
            "hours": 3,
            "at": None,
            "company": None,
            "customFields": [{"id": 9, "value": "x", "_info": [("c", "d")]}],
        },
        {"id": 3, "hours": 4, "at": at, "company": {"id": None, "_info": None}, "customFields": None},
    ]
    columns = [("id", pa.int64()), ("hours", pa.int64()), ("at", pa.timestamp("us", "UTC"))]
    return pa.Table.from_pylist(rows, pa.schema([*columns, ("company", company), ("customFields", fields)]))


@pytest.fixture
def read(native):
    """What the compiled module returns is a table as a Parquet file."""
    file = io.BytesIO()
    parquet.write_table(entries().replace_schema_metadata({"org.apache.spark.version": "3.5.0"}), file)
    native.read = file.getvalue()
    return native


def test_a_list_is_a_table_with_all_that_is_nested(read):
    table = ConnectWiseClient().extract(
        endpoint="/time/entries", conditions="lastUpdated>=[2024-01-01]", page_size=1000
    )
    assert table.equals(entries())
    assert table.schema.metadata is None
    assert read.calls == [
        {
            "endpoint": "/time/entries",
            "conditions": "lastUpdated>=[2024-01-01]",
            "child_conditions": None,
            "custom_field_conditions": None,
            "fields": [],
            "order_by": None,
            "page_size": 1000,
            "limit": None,
            "progress": None,
        }
    ]


def test_what_is_given_arrives(read):
    told = []
    ConnectWiseClient().extract(
        "/company/companies",
        child_conditions='types/name = "Customer"',
        custom_field_conditions='caption = "Tier"',
        fields=["id", "company/name"],
        order_by="name asc",
        limit=5,
        progress=told.append,
    )
    call = read.calls[0]
    call.pop("progress")("a line")
    assert told == ["a line"]
    assert (call["child_conditions"], call["custom_field_conditions"]) == (
        'types/name = "Customer"',
        'caption = "Tier"',
    )
    assert (call["fields"], call["order_by"], call["limit"]) == (["id", "company/name"], "name asc", 5)


@pytest.mark.parametrize(
    "arguments, says",
    [
        ({"endpoint": " "}, "endpoint is ' ': a list of the API is expected"),
        ({"endpoint": None}, "endpoint is None"),
        ({"page_size": 0}, "page_size is 0: a whole number from 1 to 1000 is expected"),
        ({"page_size": 1001}, "page_size is 1001"),
        ({"limit": -1}, "limit is -1: a whole number from 0 is expected"),
        ({"fields": [None]}, "fields holds None"),
    ],
)
def test_what_can_not_be_meant_is_refused(native, arguments, says):
    with pytest.raises(UsageError) as refused:
        ConnectWiseClient().extract(**{"endpoint": "/time/entries"} | arguments)
    assert says in str(refused.value)
    assert native.calls == []


@pytest.mark.parametrize(
    "kind, error", [("usage", UsageError), ("failed", RunFailed), ("cancelled", KeyboardInterrupt)]
)
def test_a_failure_is_an_error_of_its_kind(native, kind, error):
    native.fails = native.error(kind, "no")
    with pytest.raises(error):
        ConnectWiseClient().extract("/time/entries")


def session(version):
    return types.SimpleNamespace(version=version, createDataFrame=lambda *arguments: arguments)


def test_spark_4_takes_the_table_as_it_is(read):
    (table,) = ConnectWiseClient(spark=session("4.1.0")).extract("/time/entries")
    assert table.equals(entries())


def test_spark_3_takes_rows_with_all_that_is_nested(read, monkeypatch):
    schemas = types.SimpleNamespace(from_arrow_schema=lambda schema: ("schema of", schema.names))
    for name in ("pyspark", "pyspark.sql", "pyspark.sql.pandas"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "pyspark.sql.pandas.types", schemas)
    rows, schema = ConnectWiseClient().extract("/time/entries", spark=session("3.5.7"))
    at = datetime.datetime(2026, 1, 5, 6, tzinfo=datetime.timezone.utc)
    assert rows == [
        (1, None, at, {"id": 7, "_info": {"a": "b"}}, []),
        (2, 3, None, None, [{"id": 9, "value": "x", "_info": {"c": "d"}}]),
        (3, 4, at, {"id": None, "_info": None}, None),
    ]
    assert schema == ("schema of", ["id", "hours", "at", "company", "customFields"])


def test_a_session_of_the_call_comes_before_the_clients(read):
    client = ConnectWiseClient(spark=None)
    assert client.spark is None
    assert isinstance(client.extract("/time/entries", spark=session("4.0.0")), tuple)
