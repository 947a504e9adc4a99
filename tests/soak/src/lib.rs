//! Soak: a load that repeats, on a whole process, and whether descriptors, threads, memory and journal stay flat.
//!
//! Every cycle does the same: [`load`] registers, watches, writes, locks, asks DNS and behaves badly, then takes all of
//! it back. At the rest after each cycle a [`sample`] is taken, always at the same point; [`trend`] judges their
//! medians. Nothing here knows how the registry works inside.

pub mod load;
pub mod plan;
pub mod sample;
pub mod subject;
pub mod trend;
