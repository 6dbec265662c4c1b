//! Scenario tests: the pipeline over HTTP against the simulated ConnectWise. All of it is in `tests/scenarios`.
