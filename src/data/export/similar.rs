//! Similarity of two candidates: the share of short token sequences that both have (Jaccard), with all numbers made
//! equal and comments left out. Parts that differ only in their dimensions are equal.

use std::collections::HashMap;

use cadforge_python::tokens::{Token, TokenKind, code_tokens};

/// Tokens per sequence.
const WIDTH: usize = 5;
/// Numbers per sketch; the standard deviation of its estimate is 0.06 at most.
const SKETCH: usize = 64;

/// The set of token sequences of some code, as sorted hashes.
pub(super) fn shingles(code: &str) -> Vec<u32> {
    let tokens = hashes(code);
    let hash = |window: &[u64]| {
        let hash = window
            .iter()
            .fold(OFFSET, |hash, token| fnv(hash, &token.to_le_bytes()));
        (hash ^ (hash >> 32)) as u32
    };
    let mut found: Vec<u32> = if tokens.len() < WIDTH {
        tokens
            .iter()
            .any(|_| true)
            .then(|| hash(&tokens))
            .into_iter()
            .collect()
    } else {
        tokens.windows(WIDTH).map(hash).collect()
    };
    found.sort_unstable();
    found.dedup();
    found
}

/// Numbers from which the similarity of two sets is estimated (`MinHash`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sketch([u32; SKETCH]);

impl Sketch {
    pub fn of(shingles: &[u32]) -> Self {
        let mut least = [u32::MAX; SKETCH];
        for &shingle in shingles {
            for (index, least) in least.iter_mut().enumerate() {
                // A different hash function for each number (splitmix64's finaliser).
                let mut mixed = u64::from(shingle) ^ (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                *least = (*least).min((mixed ^ (mixed >> 31)) as u32);
            }
        }
        Self(least)
    }

    /// Estimated similarity, 0 to 1.
    pub fn similarity(&self, other: &Self) -> f64 {
        self.0
            .iter()
            .zip(&other.0)
            .filter(|(one, other)| one == other)
            .count() as f64
            / SKETCH as f64
    }
}

/// Disjoint sets with union and find.
#[derive(Debug)]
pub(super) struct Union(Vec<u32>);

impl Union {
    pub fn new(count: usize) -> Self {
        Self((0..count as u32).collect())
    }

    pub fn find(&mut self, mut of: u32) -> u32 {
        while self.0[of as usize] != of {
            let above = self.0[self.0[of as usize] as usize];
            self.0[of as usize] = above;
            of = above;
        }
        of
    }

    pub fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.find(one), self.find(other));
        // The smaller number is the representative, whatever the order.
        self.0[one.max(other) as usize] = one.min(other);
    }
}

/// Joins all sets whose similarity is at least `threshold` (above 0): exactly, by the prefixes of their rarest
/// members (Bayardo, Ma and Srikant). Pairs that are joined already are skipped, so that thousands of near-copies
/// cost little.
pub(super) fn join_similar(sets: &[Vec<u32>], threshold: f64, union: &mut Union) {
    let mut counts: HashMap<u32, u32> = HashMap::new();
    for member in sets.iter().flatten() {
        *counts.entry(*member).or_default() += 1;
    }
    let mut order: Vec<u32> = counts.keys().copied().collect();
    order.sort_unstable_by_key(|member| (counts[member], *member));
    let rank: HashMap<u32, u32> = order
        .iter()
        .enumerate()
        .map(|(rank, member)| (*member, rank as u32))
        .collect();
    let ranked: Vec<Vec<u32>> = sets
        .iter()
        .map(|set| {
            let mut ranks: Vec<u32> = set.iter().map(|member| rank[member]).collect();
            ranks.sort_unstable();
            ranks
        })
        .collect();
    let mut by_size: Vec<u32> = (0..sets.len() as u32)
        .filter(|set| !sets[*set as usize].is_empty())
        .collect();
    by_size.sort_by_key(|set| ranked[*set as usize].len());
    let mut same: HashMap<&[u32], u32> = HashMap::new();
    let mut index: Vec<Vec<u32>> = vec![Vec::new(); order.len()];
    let mut looked_at = vec![u32::MAX; sets.len()];
    for set in by_size {
        let own = &ranked[set as usize];
        if let Some(equal) = same.get(own.as_slice()) {
            union.join(set, *equal);
            continue;
        }
        same.insert(own, set);
        let least = at_least(threshold * own.len() as f64);
        let prefix = &own[..own.len() - least + 1];
        for member in prefix {
            for &other in &index[*member as usize] {
                let theirs = &ranked[other as usize];
                if looked_at[other as usize] == set
                    || (theirs.len() as f64) < threshold * own.len() as f64 - 1e-9
                    || union.find(set) == union.find(other)
                {
                    continue;
                }
                looked_at[other as usize] = set;
                let shared = shared(own, theirs);
                if shared as f64 >= threshold * (own.len() + theirs.len() - shared) as f64 - 1e-9 {
                    union.join(set, other);
                }
            }
        }
        for member in prefix {
            index[*member as usize].push(set);
        }
    }
}

fn at_least(number: f64) -> usize {
    ((number - 1e-9).ceil() as usize).max(1)
}

/// Number of common members of two sorted sets.
fn shared(one: &[u32], other: &[u32]) -> usize {
    let (mut at, mut count) = (0, 0);
    for member in one {
        while other.get(at).is_some_and(|theirs| theirs < member) {
            at += 1;
        }
        if other.get(at) == Some(member) {
            count += 1;
            at += 1;
        }
    }
    count
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: stable across versions and platforms, unlike the hasher of the standard library.
fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Hashes of words, strings and signs; every number has the same.
fn hashes(code: &str) -> Vec<u64> {
    let hash = |token: &Token| {
        let is_number = token.kind == TokenKind::Number;
        let text = if is_number { "0" } else { token.text(code) };
        fnv(OFFSET, text.as_bytes())
    };
    code_tokens(code).iter().map(hash).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn similarity(one: &[u32], other: &[u32]) -> f64 {
        let shared = shared(one, other);
        shared as f64 / (one.len() + other.len() - shared) as f64
    }

    #[test]
    fn numbers_and_comments_do_not_distinguish_parts_but_calls_do() {
        let code = "import cadquery as cq\nwidth = 20.5  # mm\nfixture = cq.Workplane(\"XY\").box(width, 2, 3).edges(\"|Z\").fillet(1)\n";
        let scaled = code
            .replace("20.5", "7")
            .replace("# mm", "")
            .replace("fillet(1)", "fillet(12.25)");
        assert_eq!(shingles(code), shingles(&scaled));
        let other = code.replace("fillet", "chamfer");
        let alike = similarity(&shingles(code), &shingles(&other));
        assert!((0.5..1.0).contains(&alike), "{alike}");
        // A `#` in a selector begins no comment.
        let selected = |call: &str| {
            shingles(&format!(
                "part = plate.edges(\"#Z\").{call}(1).faces().shell(1)\n"
            ))
        };
        assert_ne!(selected("fillet"), selected("chamfer"));
        assert!(shingles("").is_empty());
        assert_eq!(shingles("x").len(), 1);
    }

    #[test]
    fn sketches_estimate_similarity() {
        let one: Vec<u32> = (0..1000).collect();
        for from in [0, 200, 500, 1000] {
            let other: Vec<u32> = (from..from + 1000).collect();
            let estimate = Sketch::of(&one).similarity(&Sketch::of(&other));
            let exact = similarity(&one, &other);
            assert!((estimate - exact).abs() < 0.25, "{estimate}, really {exact}");
        }
    }

    proptest! {
        #[test]
        fn all_pairs_that_are_alike_are_joined_and_no_others(
            sets in prop::collection::vec(prop::collection::btree_set(0u32..24, 0..14), 0..24),
            threshold in 0.3f64..1.0,
        ) {
            let sets: Vec<Vec<u32>> = sets.into_iter().map(|set| set.into_iter().collect()).collect();
            let (mut joined, mut expected) = (Union::new(sets.len()), Union::new(sets.len()));
            join_similar(&sets, threshold, &mut joined);
            for one in 0..sets.len() {
                for other in 0..one {
                    if !sets[one].is_empty() && !sets[other].is_empty() && similarity(&sets[one], &sets[other]) >= threshold {
                        expected.join(one as u32, other as u32);
                    }
                }
            }
            for set in 0..sets.len() as u32 {
                prop_assert_eq!(joined.find(set), expected.find(set), "{:?}", sets);
            }
        }
    }
}
