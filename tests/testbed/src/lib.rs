//! Real parts for tests: a Docker engine of the test's own, Compose, muster processes, probes.

pub mod engine;
pub mod program_path;
