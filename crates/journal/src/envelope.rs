//! One batch of commands and its stored form.

use std::fmt;

use bytes::Bytes;

/// The version of the stored form that this program writes.
const FORMAT: u8 = 1;
/// Format, history, incarnation, number, rules, length of the commands.
const HEAD_BYTES: usize = 1 + 16 + 8 + 8 + 4 + 4;
const CHECKSUM_BYTES: usize = 4;

/// Which registry's history a journal, an envelope or a snapshot belongs to. Made once, when a
/// registry is started on nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HistoryId([u8; 16]);

impl HistoryId {
    /// A new history.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().into_bytes())
    }

    /// The history with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for HistoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

impl fmt::Debug for HistoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HistoryId({self})")
    }
}

/// A batch of commands as one server submitted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The registry that it belongs to.
    pub history: HistoryId,
    /// Which run of which server made it.
    pub incarnation: u64,
    /// Counts the envelopes of one incarnation; together they name an envelope for ever.
    pub number: u64,
    /// The level of rules that its commands are applied by.
    pub rules: u32,
    /// The commands; opaque here.
    pub commands: Bytes,
}

impl Envelope {
    /// How long the stored form is.
    pub fn encoded_len(&self) -> usize {
        HEAD_BYTES + self.commands.len() + CHECKSUM_BYTES
    }

    /// The stored form: format version, fields, length and commands, and a CRC-32 over all of it.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.encoded_len());
        out.push(FORMAT);
        out.extend_from_slice(self.history.as_bytes());
        out.extend_from_slice(&self.incarnation.to_le_bytes());
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.rules.to_le_bytes());
        out.extend_from_slice(&(self.commands.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.commands);
        seal(&mut out);
        out
    }

    /// Reads a stored form and refuses one that is not exactly as it was written.
    pub fn decode(stored: &[u8]) -> Result<Self, DecodeError> {
        let mut fields = Fields(unseal(stored, FORMAT, HEAD_BYTES)?);
        let history = HistoryId::from_bytes(fields.take());
        let incarnation = u64::from_le_bytes(fields.take());
        let number = u64::from_le_bytes(fields.take());
        let rules = u32::from_le_bytes(fields.take());
        let announced = u32::from_le_bytes(fields.take()) as usize;
        let commands = fields.0;
        if commands.len() != announced {
            return Err(DecodeError::Length { announced, found: commands.len() });
        }
        Ok(Self { history, incarnation, number, rules, commands: Bytes::copy_from_slice(commands) })
    }
}

/// Why stored bytes were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not even the fixed fields are there.
    #[error("{found} bytes are too few, at least {least} are needed")]
    Short {
        /// How many there are.
        found: usize,
        /// How many the fixed fields take.
        least: usize,
    },
    /// The bytes are not those that were written.
    #[error("checksum {computed:08x} instead of {stored:08x}")]
    Checksum {
        /// The one written with them.
        stored: u32,
        /// The one they have.
        computed: u32,
    },
    /// Whole, but written by a program that knows more than this one.
    #[error("format {found}, this program reads up to {known}")]
    Newer {
        /// The format that it has.
        found: u8,
        /// The newest that this program reads.
        known: u8,
    },
    /// Whole, but the inner length does not fit the outer.
    #[error("{found} bytes where {announced} were announced")]
    Length {
        /// What the length field says.
        announced: usize,
        /// What there is.
        found: usize,
    },
}

/// Puts a CRC-32 behind what is in `out`.
pub(crate) fn seal(out: &mut Vec<u8>) {
    let checksum = crc32fast::hash(out);
    out.extend_from_slice(&checksum.to_le_bytes());
}

/// What stands between format byte and checksum. The checksum is looked at first: every format, be
/// it newer than this program, ends in one, so damage is never taken for a newer format.
pub(crate) fn unseal(stored: &[u8], format: u8, head_bytes: usize) -> Result<&[u8], DecodeError> {
    let least = head_bytes + CHECKSUM_BYTES;
    let Some((sealed, checksum)) = stored.split_last_chunk::<CHECKSUM_BYTES>() else {
        return Err(DecodeError::Short { found: stored.len(), least });
    };
    let Some((&found, fields)) = sealed.split_first() else {
        return Err(DecodeError::Short { found: stored.len(), least });
    };
    let (stored_sum, computed) = (u32::from_le_bytes(*checksum), crc32fast::hash(sealed));
    if stored_sum != computed {
        return Err(DecodeError::Checksum { stored: stored_sum, computed });
    }
    if found > format {
        return Err(DecodeError::Newer { found, known: format });
    }
    if stored.len() < least {
        return Err(DecodeError::Short { found: stored.len(), least });
    }
    Ok(fields)
}

/// Takes fixed fields from the front of bytes whose length [`unseal`] has checked.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl Fields<'_> {
    pub(crate) fn take<const N: usize>(&mut self) -> [u8; N] {
        let (head, rest) = self.0.split_first_chunk::<N>().expect("unseal checked that the fixed fields are there");
        self.0 = rest;
        *head
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn envelope(commands: &[u8]) -> Envelope {
        Envelope {
            history: HistoryId::from_bytes(*b"0123456789abcdef"),
            incarnation: 7,
            number: 9,
            rules: 3,
            commands: Bytes::copy_from_slice(commands),
        }
    }

    /// The bytes that version 1 is: a change here is a new format, not a fix of this test.
    #[test]
    fn format_1_stays_as_it_is() {
        let mut expected = vec![1];
        expected.extend_from_slice(b"0123456789abcdef");
        expected.extend_from_slice(&[7, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0]);
        expected.extend_from_slice(b"hi");
        expected.extend_from_slice(&[0x54, 0x88, 0x77, 0xc7]);
        assert_eq!(envelope(b"hi").encode(), expected);
    }

    #[test]
    fn a_newer_format_is_refused_by_number() {
        let mut stored = envelope(b"hi").encode();
        stored.truncate(stored.len() - CHECKSUM_BYTES);
        stored[0] = 2;
        seal(&mut stored);
        assert_eq!(Envelope::decode(&stored), Err(DecodeError::Newer { found: 2, known: 1 }));
    }

    #[test]
    fn a_wrong_inner_length_is_refused_even_with_a_right_checksum() {
        let mut stored = envelope(b"hi").encode();
        stored.truncate(stored.len() - CHECKSUM_BYTES);
        stored.push(b'!');
        seal(&mut stored);
        assert_eq!(Envelope::decode(&stored), Err(DecodeError::Length { announced: 2, found: 3 }));
    }

    #[test]
    fn a_short_record_with_a_right_checksum_is_refused() {
        let mut stored = vec![1, 2, 3];
        seal(&mut stored);
        assert_eq!(Envelope::decode(&stored), Err(DecodeError::Short { found: 7, least: 45 }));
        assert!(matches!(Envelope::decode(&[]), Err(DecodeError::Short { found: 0, .. })));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            history: [u8; 16], incarnation: u64, number: u64, rules: u32, commands: Vec<u8>,
        ) {
            let envelope =
                Envelope { history: HistoryId(history), incarnation, number, rules, commands: commands.into() };
            let stored = envelope.encode();
            prop_assert_eq!(stored.len(), envelope.encoded_len());
            prop_assert_eq!(Envelope::decode(&stored), Ok(envelope));
        }

        #[test]
        fn every_flipped_bit_is_noticed(commands: Vec<u8>, at: prop::sample::Index, bit in 0..8u8) {
            let mut stored = envelope(&commands).encode();
            let at = at.index(stored.len());
            stored[at] ^= 1 << bit;
            let refused = matches!(Envelope::decode(&stored), Err(DecodeError::Checksum { .. }));
            prop_assert!(refused);
        }

        #[test]
        fn every_cut_is_noticed(commands: Vec<u8>, at: prop::sample::Index) {
            let stored = envelope(&commands).encode();
            prop_assert!(Envelope::decode(&stored[..at.index(stored.len())]).is_err());
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(stored: Vec<u8>) {
            let _ = Envelope::decode(&stored);
        }
    }
}
