"""What is done with a Spark session, where one is given. Nothing here needs Spark to be installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def refresh(spark: Any, names: Iterable[str]) -> str | None:
    """Lets Spark forget what it remembers of tables. Returns a remark where it could not."""
    failed: list[str] = []
    count = 0
    for name in names:
        count += 1
        try:
            spark.catalog.refreshTable(name)
        except Exception as error:
            # The tables are whole, and Spark reads them anew in a new session at the latest.
            lines = str(error).splitlines() or [type(error).__name__]
            failed.append(f"{name}: {lines[0]}")
    if not failed:
        return None
    return f"Spark could not refresh {len(failed)} of {count} tables, which are whole all the same; {failed[0]}"


def to_spark(spark: Any, table: pa.Table) -> Any:
    """Turns a table into a DataFrame of Spark, with all that is nested in it."""
    if int(str(spark.version).split(".")[0]) >= 4:
        return spark.createDataFrame(table)
    # Spark 3 takes no Arrow table, and by way of pandas it loses lists in structs and whole numbers beside nulls.
    from pyspark.sql.pandas.types import from_arrow_schema

    columns = [_values(column.to_pylist(), column.type) for column in table.columns]
    return spark.createDataFrame(list(zip(*columns)), from_arrow_schema(table.schema))


def _values(values: list[Any], of: pa.DataType) -> list[Any]:
    """Turns the maps among values, which Arrow gives as lists of pairs, into dictionaries."""
    convert = _converter(of)
    return [convert(value) for value in values] if convert else values


def _converter(of: pa.DataType) -> Any:
    import pyarrow as pa

    if pa.types.is_map(of):
        item = _converter(of.item_type)
        return lambda pairs: pairs if pairs is None else {key: item(value) if item else value for key, value in pairs}
    if pa.types.is_list(of) or pa.types.is_large_list(of):
        item = _converter(of.value_type)
        return item and (lambda items: items if items is None else [item(value) for value in items])
    if pa.types.is_struct(of):
        found = [(field.name, _converter(field.type)) for field in of]
        fields = [(name, convert) for name, convert in found if convert]

        def struct(value: dict[str, Any] | None) -> dict[str, Any] | None:
            return value and {**value, **{name: convert(value[name]) for name, convert in fields}}

        return struct if fields else None
    return None
