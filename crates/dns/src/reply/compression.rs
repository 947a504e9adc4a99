//! Name compression (RFC 1035 §4.1.4): where in the packet which ending of a name stands.

/// Pointers have 14 bits.
const REACH: usize = 1 << 14;
const SLOTS: usize = 2048;
/// Beyond this nothing more is remembered: searching must stay short.
const MOST: usize = SLOTS / 4 * 3;

/// The endings that the packet has, by hash.
#[derive(Debug)]
pub struct Compression {
    slots: Box<[Slot]>,
    /// Which packet's slots count; so that none has to be emptied.
    packet: u32,
    used: usize,
    /// Room for the endings of the name at hand: where each begins, with its hash.
    endings: Vec<(u8, u32)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    packet: u32,
    hash: u32,
    at: u16,
}

impl Default for Compression {
    fn default() -> Self {
        Self { slots: vec![Slot::default(); SLOTS].into(), packet: 0, used: 0, endings: Vec::new() }
    }
}

impl Compression {
    /// A new packet begins.
    pub fn begin(&mut self) {
        self.used = 0;
        match self.packet.checked_add(1) {
            Some(next) => self.packet = next,
            None => *self = Self { packet: 1, ..Self::default() },
        }
    }

    /// Appends a name in wire form, its ending by a pointer if the packet has it already.
    pub fn append(&mut self, packet: &mut Vec<u8>, name: &[u8], compress: bool) {
        self.write(packet, name, compress, compress);
    }

    /// Appends it without pointers; other names may point to it.
    pub fn append_in_full(&mut self, packet: &mut Vec<u8>, name: &[u8], compress: bool) {
        self.write(packet, name, false, compress);
    }

    fn write(&mut self, packet: &mut Vec<u8>, name: &[u8], point: bool, remember: bool) {
        if !remember || name.len() < 2 {
            packet.extend_from_slice(name);
            return;
        }
        let mut endings = std::mem::take(&mut self.endings);
        hash_endings(name, &mut endings);
        match self.pointer(packet, name, &endings) {
            Some((at, pointer)) if point => {
                packet.extend_from_slice(&name[..at]);
                packet.extend_from_slice(&(0xc000 | pointer).to_be_bytes());
            }
            _ => packet.extend_from_slice(name),
        }
        self.endings = endings;
    }

    /// The longest ending that the packet has: where it begins in the name, and in the packet. Those before it
    /// are noted for the place that the name is about to take.
    fn pointer(&mut self, packet: &[u8], name: &[u8], endings: &[(u8, u32)]) -> Option<(usize, u16)> {
        for (at, hash) in endings.iter().map(|(at, hash)| (usize::from(*at), *hash)) {
            match self.find(packet, &name[at..], hash) {
                Ok(pointer) => return Some((at, pointer)),
                Err(slot) => self.remember(slot, hash, packet.len() + at),
            }
        }
        None
    }

    /// Where the ending stands, or the slot to note it in.
    fn find(&self, packet: &[u8], ending: &[u8], hash: u32) -> Result<u16, usize> {
        let mut slot = hash as usize % SLOTS;
        loop {
            let kept = self.slots[slot];
            if kept.packet != self.packet {
                return Err(slot);
            }
            if kept.hash == hash && stands_at(packet, usize::from(kept.at), ending) {
                return Ok(kept.at);
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    fn remember(&mut self, slot: usize, hash: u32, at: usize) {
        if at < REACH && self.used < MOST {
            self.slots[slot] = Slot { packet: self.packet, hash, at: at as u16 };
            self.used += 1;
        }
    }
}

/// Where each ending of a name begins, the longest first, with its hash.
fn hash_endings(name: &[u8], endings: &mut Vec<(u8, u32)>) {
    endings.clear();
    let mut at = 0;
    while name[at] != 0 {
        endings.push((at as u8, 0));
        at += 1 + usize::from(name[at]);
    }
    let mut hash = 0x811c_9dc5u32;
    let mut end = at;
    for (start, kept) in endings.iter_mut().rev() {
        for byte in &name[usize::from(*start)..end] {
            hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
        end = usize::from(*start);
        *kept = hash;
    }
}

/// Whether the name at `at`, its pointers followed, is `ending`.
fn stands_at(packet: &[u8], mut at: usize, ending: &[u8]) -> bool {
    let mut rest = ending;
    loop {
        let Some(length) = packet.get(at).copied() else { return false };
        if length >= 0xc0 {
            let Some(low) = packet.get(at + 1) else { return false };
            at = usize::from(length & 0x3f) << 8 | usize::from(*low);
            continue;
        }
        let label = 1 + usize::from(length);
        if packet.get(at..at + label) != rest.get(..label) {
            return false;
        }
        if length == 0 {
            return true;
        }
        (at, rest) = (at + label, &rest[label..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_that_was_written_is_pointed_to() {
        let mut compression = Compression::default();
        for _ in 0..3 {
            let mut packet = vec![0; 12];
            compression.begin();
            compression.append(&mut packet, b"\x03web\x06consul\0", true);
            compression.append(&mut packet, b"\x03web\x06consul\0", true);
            assert_eq!(&packet[24..], b"\xc0\x0c");
            compression.append(&mut packet, b"\x02db\x06consul\0", true);
            assert_eq!(&packet[26..], b"\x02db\xc0\x10");
            compression.append(&mut packet, b"\x02db\x06consul\0", true);
            assert_eq!(&packet[31..], b"\xc0\x1a", "through a pointer");
            compression.append(&mut packet, b"\x02db\x06CONSUL\0", true);
            assert_eq!(&packet[33..], b"\x02db\x06CONSUL\0", "case counts");
        }
    }

    #[test]
    fn a_name_in_full_is_pointed_to_by_others() {
        let mut compression = Compression::default();
        compression.begin();
        let mut packet = vec![0; 12];
        compression.append(&mut packet, b"\x06consul\0", true);
        compression.append_in_full(&mut packet, b"\x02n1\x06consul\0", true);
        assert_eq!(&packet[20..], b"\x02n1\x06consul\0");
        compression.append(&mut packet, b"\x02n1\x06consul\0", true);
        assert_eq!(&packet[31..], b"\xc0\x14");
        compression.append(&mut packet, b"\x02n1\x06consul\0", false);
        assert_eq!(&packet[33..], b"\x02n1\x06consul\0");
    }

    #[test]
    fn what_is_beyond_a_pointers_reach_is_written_in_full() {
        let mut compression = Compression::default();
        compression.begin();
        let mut packet = vec![0; REACH];
        for _ in 0..2 {
            let before = packet.len();
            compression.append(&mut packet, b"\x03web\0", true);
            assert_eq!(&packet[before..], b"\x03web\0");
        }
    }
}
