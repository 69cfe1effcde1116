//! Proofs of single events, from the stored tiles, towards one signed head.

use sea_orm::{ConnectionTrait, DbErr};
use tlog_tiles::{Hash, RecordProof, check_record, record_hash};

use super::{
    Head,
    leaf::leaf,
    proof::{Step, Tiles, record},
};
use crate::store::{audit_event::Row, audit_tree};

#[derive(Debug, thiserror::Error)]
pub enum ProverError {
    #[error("the database did not answer")]
    Store(#[from] DbErr),
    /// `portal audit verify` says where.
    #[error("the stored tree does not bear out its checkpoint")]
    Tree(#[from] tlog_tiles::Error),
}

/// What was fetched for one proof serves the next.
pub(super) struct Prover {
    head: Head,
    tiles: Tiles,
}

impl Prover {
    pub(super) fn new(head: Head) -> Self {
        Self { head, tiles: Tiles::default() }
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    /// What was needed so far is mostly behind: a log is larger than memory.
    pub(super) fn forget(&mut self) {
        self.tiles = Tiles::default();
    }

    /// The event as it was hashed, and its way to the head. An event that was changed since has none.
    pub(super) async fn prove(
        &mut self,
        db: &impl ConnectionTrait,
        index: u64,
        row: &Row,
    ) -> Result<(Vec<u8>, RecordProof), ProverError> {
        let data = leaf(row);
        let proof = loop {
            match record(&self.head, index, &self.tiles)? {
                Step::Done(proof) => break proof,
                Step::Fetch(lacking) => {
                    for tile in lacking {
                        let mut hashes = audit_tree::tile(db, tile.level(), tile.level_index()).await?;
                        hashes.truncate(tile.width() as usize * 32);
                        self.tiles.add(tile, hashes);
                    }
                }
            }
        };
        check_record(&proof, self.head.size, Hash(self.head.root), index, record_hash(&data))?;
        Ok((data, proof))
    }
}
