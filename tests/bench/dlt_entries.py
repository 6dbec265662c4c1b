"""Time entries into a Delta table by dlt's REST source, with its own settings.

    dlt_entries.py FOLDER     FOLDER: where dlt puts its Delta table and its working files
"""

import os
import sys

import dlt
from dlt.sources.rest_api import rest_api_source

source = rest_api_source(
    {
        "client": {
            "base_url": os.environ["CW_BASE_URL"],
            "headers": {"clientId": os.environ["CW_CLIENTID"], "pagination-type": "forward-only"},
            "auth": {
                "type": "http_basic",
                "username": os.environ["CW_AUTH_USERNAME"],
                "password": os.environ["CW_AUTH_PASSWORD"],
            },
            "paginator": {"type": "header_link", "links_next_key": "next"},
        },
        "resources": [{"name": "time_entries", "endpoint": {"path": "time/entries", "params": {"pageSize": 1000}}}],
    }
)
folder = sys.argv[1]
pipeline = dlt.pipeline(
    pipeline_name="entries",
    pipelines_dir=f"{folder}/working",
    destination=dlt.destinations.filesystem(bucket_url=f"file://{folder}/lake"),
    dataset_name="bronze",
)
pipeline.run(source, table_format="delta", write_disposition="replace")
print(pipeline.last_trace.last_normalize_info.row_counts["time_entries"])
