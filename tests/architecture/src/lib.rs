//! The workspace as cargo and the file system show it, for the tests that hold it to ARCHITECTURE.md.
//!
//! Nothing here is part of muster. The rules stand in `tests/`; what is here only reads: cargo's metadata,
//! licence expressions, the crate table of ARCHITECTURE.md, and source files.

mod crate_table;
mod licence;
mod metadata;
mod source;

pub use crate_table::{CrateRow, crate_table};
pub use licence::{InvalidLicence, satisfied};
pub use metadata::{Dependency, MetadataError, Package, Workspace};
pub use source::{SourceFile, purpose, rust_files};
