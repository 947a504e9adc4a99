//! Marks that muster leaves in registrations, so that it knows its own again.

/// The Meta key that says which Docker engine (its ID) an instance comes from. Survives restarts and
/// hostname changes, which Registrator's ID prefix does not.
pub const ENGINE_META_KEY: &str = "muster-engine";

/// The reason given when an instance is put in service maintenance because it is being drained.
pub const MAINTENANCE_DRAINING: &str = "muster: draining";

/// The service that stands for a registrar; its instances' IDs are this, a colon and the engine's ID.
pub const REGISTRAR_SERVICE: &str = "muster-registrar";
