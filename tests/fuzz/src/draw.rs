//! Choices drawn from bytes: the same bytes make the same choices, and a changed byte changes one choice.

/// What is left of the bytes.
#[derive(Debug)]
pub(crate) struct Draw<'a> {
    bytes: &'a [u8],
    /// Whether names of nodes come in several spellings.
    pub(crate) any_spelling: bool,
}

impl<'a> Draw<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, any_spelling: false }
    }

    /// The next byte; 0 once there are no more.
    pub(crate) fn byte(&mut self) -> u8 {
        match self.bytes.split_first() {
            Some((first, rest)) => {
                self.bytes = rest;
                *first
            }
            None => 0,
        }
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u8) -> u8 {
        self.byte() % end.max(1)
    }

    /// Whether a thing that is there one time of two is there.
    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// One of some.
    pub(crate) fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::from(self.byte()) % list.len()]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}
