//! End to end: the tests in `tests/` run muster beside a Docker engine of their own (`scripts/e2e`).
