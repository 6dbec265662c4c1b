"""Reads lists of the ConnectWise API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectwise_etl import _arguments, _native, _spark
from connectwise_etl._progress import Say, lines_to
from connectwise_etl.errors import RunFailed, UsageError


class ConnectWiseClient:
    """Reads any list of the ConnectWise API, all pages of it.

    The address and the login are read from the environment, as a run reads them: CW_BASE_URL, CW_AUTH_USERNAME,
    CW_AUTH_PASSWORD, CW_CLIENTID.

    Args:
        spark: A session of Spark. Where it is given, what is read becomes a DataFrame of Spark.

    Example:
        entries = ConnectWiseClient().extract("/time/entries", conditions="lastUpdated >= [2024-01-01]")
        entries.to_pandas()
    """

    def __init__(self, spark: Any = None) -> None:
        self.spark = spark

    def extract(
        self,
        endpoint: str,
        conditions: str | None = None,
        *,
        child_conditions: str | None = None,
        custom_field_conditions: str | None = None,
        fields: str | Sequence[str] | None = None,
        order_by: str | None = None,
        page_size: int = 1000,
        limit: int | None = None,
        spark: Any = None,
        progress: bool | Say | None = False,
    ) -> Any:
        """Reads a list into memory.

        Args:
            endpoint: The list, such as ``/time/entries``.
            conditions: Which records, such as ``lastUpdated > 7d and company/name = "Vík"``.
            child_conditions: Which records, by the items of their lists, such as ``customFields/caption = "Tier"``.
            custom_field_conditions: Which records, by a custom field, such as ``caption = "Tier" and value = "Gold"``.
            fields: Which properties, such as ``["id", "company/name"]``. All where it is left out.
            order_by: In which order, such as ``name asc``.
            page_size: Records a request, up to 1000.
            limit: Stop after so many records.
            spark: A session of Spark, in place of the client's own.
            progress: True prints lines, False prints nothing, and a function is given each line.

        Returns:
            A table of pyarrow; with a session, a DataFrame of Spark. The columns of an entity of the pipeline are
            those of its bronze table. Those of another list are what its records have in common.

        Raises:
            UsageError: An argument or a setting is missing or can't be meant.
            RunFailed: The list could not be read.

        Example:
            client = ConnectWiseClient(spark=spark)
            client.extract("/system/members", fields=["id", "identifier"]).show()
        """
        if not isinstance(endpoint, str) or not endpoint.strip():
            raise UsageError(f"endpoint is {endpoint!r}: a list of the API is expected, such as '/time/entries'")
        size = _arguments.whole("page_size", page_size, 1, _arguments.MOST_RECORDS)
        try:
            read = _native.extract(
                endpoint=endpoint,
                conditions=conditions,
                child_conditions=child_conditions,
                custom_field_conditions=custom_field_conditions,
                fields=_arguments.names("fields", fields),
                order_by=order_by,
                page_size=_arguments.MOST_RECORDS if size is None else size,
                limit=_arguments.whole("limit", limit, 0),
                progress=lines_to(progress),
            )
        except _native.NativeError as error:
            if error.kind == "cancelled":
                raise KeyboardInterrupt from error
            raise (UsageError if error.kind == "usage" else RunFailed)(str(error)) from error
        # Only here: it takes longer to import than all of this package.
        import pyarrow as pa
        from pyarrow import parquet

        # Without threads: one of pyarrow's that lets go of the bytes while Python ends would abort the process. The
        # metadata is for readers of files.
        table = parquet.ParquetFile(pa.BufferReader(read)).read(use_threads=False).replace_schema_metadata(None)
        session = self.spark if spark is None else spark
        return table if session is None else _spark.to_spark(session, table)
