//! Proofs about the tree, from tiles that are believed only as far as a signed head bears them out. No I/O: a proof says
//! which tiles it lacks, and is asked again with them.

use std::{cell::RefCell, collections::HashMap};

use tlog_tiles::{Error, Hash, RecordProof, Tile, TileHashReader, TileReader, check_tree, prove_record, prove_tree};

use super::{Head, tree::HEIGHT};

/// Tiles that are at hand.
#[derive(Debug, Default)]
pub struct Tiles {
    have: HashMap<Tile, Vec<u8>>,
    lacking: RefCell<Vec<Tile>>,
}

impl Tiles {
    pub fn add(&mut self, tile: Tile, data: Vec<u8>) {
        self.have.insert(tile, data);
    }

    fn step<T>(&self, proof: Result<T, Error>) -> Result<Step<T>, Error> {
        let lacking = self.lacking.take();
        if lacking.is_empty() { proof.map(Step::Done) } else { Ok(Step::Fetch(lacking)) }
    }
}

impl TileReader for Tiles {
    fn height(&self) -> u8 {
        HEIGHT
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let lacking = tiles.iter().filter(|tile| !self.have.contains_key(tile)).copied();
        self.lacking.borrow_mut().extend(lacking);
        tiles.iter().map(|tile| self.have.get(tile).cloned().ok_or(Error::IndexesNotInTree)).collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// How far a proof came.
#[derive(Debug)]
pub enum Step<T> {
    Done(T),
    /// Fetch these and ask again.
    Fetch(Vec<Tile>),
}

/// Proves that the tree of `new` is the tree of `old` with leaves added. The old one is not empty and not larger.
pub fn grew(old: &Head, new: &Head, tiles: &Tiles) -> Result<Step<()>, Error> {
    let reader = TileHashReader::new(new.size, Hash(new.root), tiles);
    let proof = prove_tree(new.size, old.size, &reader);
    match tiles.step(proof)? {
        Step::Done(proof) => check_tree(&proof, new.size, Hash(new.root), old.size, Hash(old.root)).map(Step::Done),
        Step::Fetch(lacking) => Ok(Step::Fetch(lacking)),
    }
}

/// The proof that a leaf is in the tree of this head.
pub fn record(head: &Head, index: u64, tiles: &Tiles) -> Result<Step<RecordProof>, Error> {
    let reader = TileHashReader::new(head.size, Hash(head.root), tiles);
    tiles.step(prove_record(head.size, index, &reader))
}
