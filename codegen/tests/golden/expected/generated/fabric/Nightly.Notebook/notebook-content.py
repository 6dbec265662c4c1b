# Fabric notebook source

# METADATA ********************

# META {
# META   "kernel_info": {
# META     "name": "jupyter",
# META     "jupyter_kernel_name": "python3.11"
# META   },
# META   "dependencies": {
# META     "lakehouse": {
# META       "default_lakehouse": "22222222-2222-2222-2222-222222222222",
# META       "default_lakehouse_name": "ConnectWise",
# META       "default_lakehouse_workspace_id": "11111111-1111-1111-1111-111111111111",
# META       "known_lakehouses": [
# META         {
# META           "id": "22222222-2222-2222-2222-222222222222"
# META         }
# META       ]
# META     }
# META   }
# META }

# MARKDOWN ********************

# # Nightly
#
# Brings bronze, silver and gold of the lakehouse **ConnectWise** up to date. The pipeline *Nightly* runs it at 04:00.
#
# 1. The wheel is installed from `Files/wheels` of the lakehouse.
# 2. The login of ConnectWise is read from a key vault.
# 3. The run: what changed since the last one is read, stored and computed.
# 4. On request, the SQL endpoint and the semantic model are told of it.
#
# The README of the deployment says what has to be there before the first run.

# MARKDOWN ********************

# The wheel comes first, since an installation may begin a new interpreter. pip takes the newest version in the folder,
# and asks no index.

# CELL ********************

%pip install --quiet --no-index --upgrade --find-links /lakehouse/default/Files/wheels connectwise-etl

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "jupyter_python"
# META }

# PARAMETERS CELL ********************

# What the pipeline may set.

# incremental reads what changed; full reads everything.
mode = "incremental"
# How many days behind the last run an incremental one begins; 0 leaves it to each entity.
lookback_days = 0
# schemas or flat, as the lakehouse was made.
layout = "schemas"

# The key vault's address, such as https://NAME.vault.azure.net/, and the secrets' names in it.
key_vault = ""
secret_base_url = "connectwise-base-url"
secret_username = "connectwise-username"
secret_password = "connectwise-password"
secret_client_id = "connectwise-client-id"
# The key that personal columns are hashed by: its name, where schema/entities.yaml hashes any.
secret_hash_key = ""

# Direct Lake follows a commit by itself, and the SQL endpoint within minutes. True waits for neither.
refresh_endpoint = False
refresh_model = False

# The deployment puts the real identifiers here.
workspace_id = "11111111-1111-1111-1111-111111111111"
lakehouse_id = "22222222-2222-2222-2222-222222222222"

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "jupyter_python"
# META }

# CELL ********************

import os

import notebookutils

if not key_vault:
    raise ValueError(
        "key_vault is empty: the login of ConnectWise has to come from a key vault. "
        "Set key_vault in the parameters of the pipeline Nightly, or in the parameters cell of this notebook."
    )
for variable, secret in {
    "CW_BASE_URL": secret_base_url,
    "CW_AUTH_USERNAME": secret_username,
    "CW_AUTH_PASSWORD": secret_password,
    "CW_CLIENTID": secret_client_id,
    "CW_HASH_KEY": secret_hash_key,
}.items():
    if secret:
        os.environ[variable] = notebookutils.credentials.getSecret(key_vault, secret)

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "jupyter_python"
# META }

# CELL ********************

from connectwise_etl import run_etl_pipeline

result = run_etl_pipeline(
    # By the identifiers, and not by /lakehouse/default: that mount can't commit to a Delta table safely.
    lakehouse=f"abfss://{workspace_id}@onelake.dfs.fabric.microsoft.com/{lakehouse_id}/Tables",
    layout=layout,
    mode=mode,
    lookback_days=lookback_days or None,
    # Asked again before a token ends: a full run may take longer than the hour that one is good for.
    token=lambda: notebookutils.credentials.getToken("storage"),
)
display(result)

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "jupyter_python"
# META }

# CELL ********************

import requests


def call(method, url, **arguments):
    """Calls the service as the notebook's user; its own words are in the error."""
    token = notebookutils.credentials.getToken("pbi")
    response = requests.request(
        method, url, headers={"Authorization": f"Bearer {token}"}, timeout=300, **arguments
    )
    if not response.ok:
        raise RuntimeError(f"{method} {url}: status {response.status_code}: {response.text}")
    return response


fabric = f"https://api.fabric.microsoft.com/v1/workspaces/{workspace_id}"

if refresh_endpoint:
    properties = call("GET", f"{fabric}/lakehouses/{lakehouse_id}").json()["properties"]
    endpoint = properties["sqlEndpointProperties"]["id"]
    call("POST", f"{fabric}/sqlEndpoints/{endpoint}/refreshMetadata", json={})
    print("The SQL endpoint reads the tables anew.")

if refresh_model:
    models = call("GET", f"{fabric}/semanticModels").json()["value"]
    model = next((model["id"] for model in models if model["displayName"] == "ConnectWise"), None)
    if model is None:
        raise RuntimeError("the workspace has no semantic model ConnectWise: deploy it, or leave refresh_model False")
    call(
        "POST",
        f"https://api.powerbi.com/v1.0/myorg/groups/{workspace_id}/datasets/{model}/refreshes",
        json={"type": "full"},
    )
    print("The semantic model is being refreshed.")

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "jupyter_python"
# META }
