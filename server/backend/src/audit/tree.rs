//! The Merkle tree of the log (RFC 6962) in tiles of 256 hashes (C2SP tlog-tiles). No I/O: what is needed of the stored
//! tree is its right edge, a tile a level.

use std::collections::HashMap;

use tlog_tiles::{
    Error, Hash, HashReader, Tile, node_hash, stored_hash_count, stored_hash_index, stored_hashes_for_record_hash, tree_hash,
};

/// Levels of the tree in one tile.
pub const HEIGHT: u8 = 8;

/// Where a tile is: its level among tiles, and its number there.
pub type At = (u8, u64);

/// The right edge of a tree, to which leaves are added.
#[derive(Debug, Default)]
pub struct Edge {
    size: u64,
    hashes: HashMap<u64, Hash>,
}

impl HashReader for Edge {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        indexes.iter().map(|index| self.hashes.get(index).copied().ok_or(Error::IndexesNotInTree)).collect()
    }
}

impl Edge {
    /// The tiles that hold the right edge of a tree.
    pub fn tiles(size: u64) -> Vec<At> {
        let levels = (0..8u8).map(|level| (level, size >> (u32::from(HEIGHT) * u32::from(level))));
        levels.filter(|(_, width)| width & 255 > 0).map(|(level, width)| (level, width >> HEIGHT)).collect()
    }

    /// From those tiles, as they are stored.
    pub fn load(size: u64, tiles: &[(At, Vec<u8>)]) -> Self {
        let mut edge = Self { size, hashes: HashMap::new() };
        for ((level, n), data) in tiles {
            let row = data.chunks_exact(32).filter_map(|hash| hash.try_into().ok()).map(Hash).collect();
            edge.fill(*level * HEIGHT, *n << HEIGHT, row);
        }
        edge
    }

    /// Keeps a row of hashes and all that follows from it within its tile.
    fn fill(&mut self, level: u8, first: u64, row: Vec<Hash>) {
        let (mut level, mut first, mut row) = (level, first, row);
        for _ in 0..HEIGHT {
            for (n, hash) in (first..).zip(&row) {
                self.hashes.insert(stored_hash_index(level, n), *hash);
            }
            row = row.chunks_exact(2).map(|pair| node_hash(pair[0], pair[1])).collect();
            (level, first) = (level + 1, first / 2);
        }
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) -> Result<(), Error> {
        let first = stored_hash_count(self.size);
        let added = stored_hashes_for_record_hash(self.size, leaf, self)?;
        self.hashes.extend((first..).zip(added));
        self.size += 1;
        Ok(())
    }

    /// What is known of a tile of the edge.
    pub fn row(&self, (level, n): At) -> Vec<u8> {
        let indexes = (0..256).map(|entry| stored_hash_index(level * HEIGHT, (n << HEIGHT) + entry));
        indexes.map_while(|index| self.hashes.get(&index)).flat_map(|hash| hash.0).collect()
    }

    /// The head of the tree.
    pub fn root(&self) -> Result<Hash, Error> {
        tree_hash(self.size, self)
    }

    /// The tiles that are new or wider since the tree had the size `old`.
    pub fn grown(&self, old: u64) -> Result<Vec<(At, Vec<u8>)>, Error> {
        let tiles = Tile::new_tiles(HEIGHT, old, self.size);
        tiles.into_iter().map(|tile| Ok(((tile.level(), tile.level_index()), tile.read_data(self)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use tlog_tiles::{EMPTY_HASH, record_hash};

    use super::*;

    fn leaves(many: u64) -> Vec<Hash> {
        (0..many).map(|n| record_hash(&n.to_be_bytes())).collect()
    }

    /// The definition itself: RFC 6962, 2.1.
    fn head(leaves: &[Hash]) -> Hash {
        match leaves.len() {
            0 => EMPTY_HASH,
            1 => leaves[0],
            many => {
                let left = many.next_power_of_two() / 2;
                node_hash(head(&leaves[..left]), head(&leaves[left..]))
            }
        }
    }

    #[test]
    fn a_tree_that_is_stored_and_loaded_between_batches_has_the_head_of_the_definition() {
        let all = leaves(66_000);
        let mut stored: HashMap<At, Vec<u8>> = HashMap::new();
        let mut size = 0;
        for batch in [1u64, 2, 252, 1, 1, 255, 256, 257, 1000, 63_000, 700, 275] {
            let tiles: Vec<_> = Edge::tiles(size).into_iter().map(|at| (at, stored[&at].clone())).collect();
            let mut edge = Edge::load(size, &tiles);
            for leaf in &all[size as usize..(size + batch) as usize] {
                edge.push(*leaf).unwrap();
            }
            for (at, data) in edge.grown(size).unwrap() {
                let old = stored.insert(at, data.clone()).unwrap_or_default();
                assert!(data.starts_with(&old), "a tile only grows");
            }
            size += batch;
            assert_eq!(edge.size(), size);
            assert_eq!(edge.root().unwrap(), head(&all[..size as usize]), "at {size}");
        }
        assert_eq!(size, 66_000);
    }

    #[test]
    fn the_heads_of_the_first_eight_trees_are_the_published_ones() {
        // The inputs and heads that Certificate Transparency's own implementations test with.
        let inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let heads = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let bytes = |hex: &str| {
            let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
            pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect::<Vec<u8>>()
        };
        let mut edge = Edge::default();
        assert_eq!(edge.root().unwrap(), EMPTY_HASH);
        for (input, head) in inputs.into_iter().zip(heads) {
            edge.push(record_hash(&bytes(input))).unwrap();
            assert_eq!(edge.root().unwrap().0.to_vec(), bytes(head));
        }
    }
}
