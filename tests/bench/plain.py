"""Time entries into a Delta table by a plain script: requests, orjson, pyarrow, deltalake.

    plain.py TABLE     TABLE: the folder of the Delta table

What is nested stays JSON text; a row a record, nothing compared with what is there.
"""

import os
import sys

import orjson
import pyarrow as pa
import requests
from deltalake import write_deltalake


def records():
    session = requests.Session()
    session.auth = (os.environ["CW_AUTH_USERNAME"], os.environ["CW_AUTH_PASSWORD"])
    session.headers.update({"clientId": os.environ["CW_CLIENTID"], "pagination-type": "forward-only"})
    url = f"{os.environ['CW_BASE_URL']}/time/entries?pageSize=1000"
    while url:
        response = session.get(url, timeout=60)
        response.raise_for_status()
        yield from orjson.loads(response.content)
        url = response.links.get("next", {}).get("url")


def flat(record):
    return {name: orjson.dumps(value).decode() if isinstance(value, (dict, list)) else value for name, value in record.items()}


rows = [flat(record) for record in records()]
names = list(dict.fromkeys(name for row in rows for name in row))
table = pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows])
# Delta knows no column without a type.
table = table.drop_columns([field.name for field in table.schema if pa.types.is_null(field.type)])
write_deltalake(sys.argv[1], table, mode="overwrite")
print(len(rows))
