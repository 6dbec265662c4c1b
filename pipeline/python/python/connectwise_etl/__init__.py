"""ConnectWise PSA to Delta tables: bronze, silver and gold, for Microsoft Fabric and Power BI.

    from connectwise_etl import run_etl_pipeline

    run_etl_pipeline()

The address and the login of ConnectWise are read from the environment: ``CW_BASE_URL``, ``CW_AUTH_USERNAME``,
``CW_AUTH_PASSWORD`` and ``CW_CLIENTID``.
"""

from connectwise_etl._native import __version__
from connectwise_etl.errors import AuthError, ChecksFailed, EntitiesFailed, EtlError, RunFailed, UsageError
from connectwise_etl.pipeline import run_etl_pipeline
from connectwise_etl.result import CheckResult, RunResult, TableResult

__all__ = [
    "AuthError",
    "CheckResult",
    "ChecksFailed",
    "EntitiesFailed",
    "EtlError",
    "RunFailed",
    "RunResult",
    "TableResult",
    "UsageError",
    "__version__",
    "run_etl_pipeline",
]
