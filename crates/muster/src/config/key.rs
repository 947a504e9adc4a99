//! What a configuration key is and what becomes of it here.

/// A key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Where it stands: `dns_config.node_ttl`.
    pub path: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What becomes of it.
    pub effect: Effect,
    /// Works: what it does. Harmless: why nobody misses it. Absent: what would be right instead; may be empty.
    pub help: &'static str,
    /// The flag of `agent` that says the same.
    pub flag: Option<&'static str>,
    /// Another value takes effect when the configuration is read again.
    pub reloads: bool,
}

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Number,
    /// A string.
    Text,
    /// A string such as `10s`, as Go writes durations.
    Duration,
    /// A list of strings.
    List,
    /// Names with a string each.
    Map,
    /// Blocks, or a list of objects, that others read.
    Blocks,
    /// A list of objects whose strings have these names.
    Items(&'static [&'static str]),
    /// A block of whatever names: nobody looks inside, Consul's reader of files neither.
    Free,
    /// Anything: it is refused, whatever it is.
    Any,
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It does what its help says.
    Works,
    /// It does nothing, and one warning says so.
    Harmless,
    /// It is an error that names it, but for these values and for empty ones, which ask for what is so anyway.
    Absent(&'static [Fine]),
}

/// A value that asks for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "which kinds of value ask for nothing changes with the table")]
pub enum Fine {
    /// A truth value.
    Bool(bool),
    /// A number.
    Int(i64),
    /// A string.
    Text(&'static str),
}

/// The longest string that a key takes, in bytes: a longer one is a file that was pasted in.
pub const MAX_TEXT_BYTES: usize = 1 << 16;

/// How much a key's list or names may hold.
pub const MAX_ITEMS: usize = 4096;

impl Kind {
    /// What would be right, for messages.
    pub fn wanted(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::Number => "a number",
            Self::Text => "a string in quotes",
            Self::Duration => "a duration in quotes such as \"10s\"",
            Self::List => "a list of strings",
            Self::Map => "an object of strings",
            Self::Blocks | Self::Free => "an object",
            Self::Items(_) => "a list of objects",
            Self::Any => "anything",
        }
    }
}

impl Key {
    /// The same with the flag that says the same.
    pub const fn flag(mut self, name: &'static str) -> Self {
        self.flag = Some(name);
        self
    }

    /// The same, of a key whose other value takes effect when the configuration is read again.
    pub const fn reloads(mut self) -> Self {
        self.reloads = true;
        self
    }
}

/// A key that does what `help` says.
pub const fn works(path: &'static str, kind: Kind, help: &'static str) -> Key {
    Key { path, kind, effect: Effect::Works, help, flag: None, reloads: false }
}

/// A key that does nothing here; `help` says why nobody misses it.
pub const fn harmless(path: &'static str, kind: Kind, help: &'static str) -> Key {
    Key { path, kind, effect: Effect::Harmless, help, flag: None, reloads: false }
}

/// A key that is not there; `help` says what would be right instead, or is empty.
pub const fn absent(path: &'static str, kind: Kind, help: &'static str) -> Key {
    Key { path, kind, effect: Effect::Absent(&[]), help, flag: None, reloads: false }
}

/// A key that is not there, with the values that ask for nothing.
pub const fn absent_unless(path: &'static str, kind: Kind, fine: &'static [Fine], help: &'static str) -> Key {
    Key { path, kind, effect: Effect::Absent(fine), help, flag: None, reloads: false }
}
