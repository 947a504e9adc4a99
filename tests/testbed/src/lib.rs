//! Real parts for tests: a Docker engine of the test's own, Compose, muster processes, probes.

pub mod compose;
pub mod docker;
pub mod engine;
pub mod image;
pub mod muster;
pub mod probe;
pub mod program;
pub mod program_path;
pub mod registry;
pub mod wait;
