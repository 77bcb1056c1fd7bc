//! Cache keys: digests of every input that can affect a result.

use std::fmt;

use sha2::{Digest, Sha256};

/// Identifies a result by every input that can affect it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// The digest's bytes, as part of other keys.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// 64 hex digits.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Key({})", self.hex())
    }
}

/// Builds a key from parts; their order matters.
#[derive(Clone, Debug, Default)]
pub struct KeyBuilder(Sha256);

impl KeyBuilder {
    /// Adds a part. Name and length are included, so that no two lists of parts have equal bytes.
    #[must_use]
    pub fn part(mut self, name: &str, bytes: &[u8]) -> Self {
        for piece in [name.as_bytes(), bytes] {
            self.0.update((piece.len() as u64).to_le_bytes());
            self.0.update(piece);
        }
        self
    }

    /// Adds an optional part; absent and empty parts differ.
    #[must_use]
    pub fn optional(self, name: &str, bytes: Option<&[u8]>) -> Self {
        match bytes {
            Some(bytes) => self.part(name, bytes),
            None => self.part("missing", name.as_bytes()),
        }
    }

    /// Adds any number of parts of one name; another number is another key.
    #[must_use]
    pub fn parts<'a>(self, name: &str, all: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let (builder, count) = all.into_iter().fold((self, 0u64), |(builder, count), bytes| {
            (builder.part(name, bytes), count + 1)
        });
        builder.part("count", &count.to_le_bytes())
    }

    /// The key of all added parts.
    pub fn key(self) -> Key {
        Key(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_boundaries_and_an_order() {
        let key = |parts: &[(&str, &str)]| {
            parts
                .iter()
                .fold(KeyBuilder::default(), |builder, (name, value)| {
                    builder.part(name, value.as_bytes())
                })
                .key()
        };
        assert_eq!(key(&[("a", "bc")]), key(&[("a", "bc")]));
        let others = [
            key(&[("a", "bc")]),
            key(&[("ab", "c")]),
            key(&[("a", "bc ")]),
            key(&[("a", "b"), ("c", "")]),
            key(&[("c", ""), ("a", "b")]),
            KeyBuilder::default().optional("a", None).key(),
            KeyBuilder::default().optional("a", Some(b"")).key(),
        ];
        for (at, one) in others.iter().enumerate() {
            assert!(!others[..at].contains(one), "{at}");
        }
        assert_eq!(others[0].hex().len(), 64);
    }
}
