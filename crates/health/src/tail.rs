//! The last bytes of an output, in bounded memory.

/// Keeps the last bytes of what is written to it.
#[derive(Debug)]
pub(crate) struct Tail {
    limit: usize,
    kept: Vec<u8>,
    total: usize,
}

impl Tail {
    pub fn new(limit: usize) -> Self {
        Self { limit, kept: Vec::new(), total: 0 }
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.total += bytes.len();
        self.kept.extend_from_slice(&bytes[bytes.len().saturating_sub(self.limit)..]);
        // Moved now and then only, not at each write.
        if self.kept.len() > 2 * self.limit {
            self.kept.drain(..self.kept.len() - self.limit);
        }
    }

    /// What is left, as text.
    pub fn text(&self) -> String {
        let kept = &self.kept[self.kept.len().saturating_sub(self.limit)..];
        String::from_utf8_lossy(kept).into_owned()
    }

    /// The same with Consul's remark in front of it if something is missing.
    pub fn remarked(&self) -> String {
        match self.text() {
            text if self.total > self.limit => {
                format!("Captured {} of {} bytes\n...\n{text}", self.limit, self.total)
            }
            text => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bytes_are_kept_with_a_remark() {
        let mut tail = Tail::new(4);
        tail.write(b"ab");
        assert_eq!(tail.remarked(), "ab");
        tail.write(b"cd");
        assert_eq!(tail.remarked(), "abcd");
        for byte in b"efghijklm" {
            tail.write(&[*byte]);
        }
        assert_eq!((tail.text().as_str(), tail.kept.len() <= 8), ("jklm", true));
        assert_eq!(tail.remarked(), "Captured 4 of 13 bytes\n...\njklm");
        tail.write(b"0123456789");
        assert_eq!(tail.text(), "6789");
    }
}
