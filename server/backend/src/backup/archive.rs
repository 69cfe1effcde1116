//! The file of a backup: a line that names the format, a head in the clear that names the key, then sealed pieces. Between the pieces
//! and the rows lies compression.

use std::io::{self, Read, Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use model::Time;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::vault::{Envelope, WrappedEnvelope, sha256};

const MAGIC: &[u8] = b"PORTAL BACKUP 1\n";
/// Bytes of a piece, before it is sealed.
const PIECE: usize = 64 * 1024;
const HEAD_MOST: u32 = 64 * 1024;

/// What a backup says of itself without a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub id: Uuid,
    pub made_at: Time,
    /// The master key that opens it.
    pub kek_id: String,
    wrapped: String,
}

impl Head {
    pub fn new(of: &WrappedEnvelope, made_at: Time) -> Self {
        Self { id: of.id, made_at, kek_id: of.kek_id.clone(), wrapped: STANDARD.encode(&of.wrapped) }
    }

    pub fn envelope(&self) -> Option<WrappedEnvelope> {
        let wrapped = STANDARD.decode(&self.wrapped).ok()?;
        Some(WrappedEnvelope { id: self.id, kek_id: self.kek_id.clone(), wrapped })
    }
}

/// Seals what is written into it.
pub struct Sealing<W: Write> {
    out: W,
    envelope: Envelope,
    context: [u8; 32],
    number: u64,
    buffer: Zeroizing<Vec<u8>>,
}

impl<W: Write> Sealing<W> {
    pub fn begin(mut out: W, envelope: Envelope, head: &Head) -> io::Result<Self> {
        let head = serde_json::to_vec(head)?;
        out.write_all(MAGIC)?;
        out.write_all(&u32::try_from(head.len()).unwrap_or(u32::MAX).to_be_bytes())?;
        out.write_all(&head)?;
        let buffer = Zeroizing::new(Vec::with_capacity(PIECE));
        Ok(Self { out, envelope, context: sha256(&head), number: 0, buffer })
    }

    fn piece(&mut self, is_last: bool) -> io::Result<()> {
        let sealed = self.envelope.seal(self.number, is_last, &self.context, &self.buffer);
        self.out.write_all(&[u8::from(is_last)])?;
        self.out.write_all(&u32::try_from(sealed.len()).unwrap_or(u32::MAX).to_be_bytes())?;
        self.out.write_all(&sealed)?;
        self.number += 1;
        self.buffer.clear();
        Ok(())
    }

    /// The last piece says that it is: what is cut off is found out.
    pub fn end(mut self) -> io::Result<W> {
        self.piece(true)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let some = bytes.len().min(PIECE - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..some]);
        if self.buffer.len() == PIECE {
            self.piece(false)?;
        }
        Ok(some)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The head of a file, and what follows it.
pub fn read_head<R: Read>(mut from: R) -> io::Result<(Head, [u8; 32], R)> {
    let mut magic = [0; MAGIC.len()];
    from.read_exact(&mut magic)?;
    if magic != MAGIC {
        return Err(bad("this is no backup of Portal, or of a format that this version does not know"));
    }
    let length = read_length(&mut from)?;
    if length > HEAD_MOST {
        return Err(bad("its head is too long"));
    }
    let mut head = vec![0; length as usize];
    from.read_exact(&mut head)?;
    Ok((serde_json::from_slice(&head)?, sha256(&head), from))
}

fn read_length(from: &mut impl Read) -> io::Result<u32> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    Ok(u32::from_be_bytes(length))
}

fn bad(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Opens what is read from it.
pub struct Opening<R: Read> {
    from: R,
    envelope: Envelope,
    context: [u8; 32],
    number: u64,
    piece: Zeroizing<Vec<u8>>,
    at: usize,
    ended: bool,
}

impl<R: Read> Opening<R> {
    pub fn new(from: R, envelope: Envelope, context: [u8; 32]) -> Self {
        Self { from, envelope, context, number: 0, piece: Zeroizing::default(), at: 0, ended: false }
    }

    /// Whether the last piece was opened, and nothing stands behind it.
    pub fn is_at_end(&mut self) -> io::Result<bool> {
        Ok(self.ended && self.from.read(&mut [0])? == 0)
    }

    fn next(&mut self) -> io::Result<()> {
        let mut mark = [0];
        self.from.read_exact(&mut mark)?;
        let length = read_length(&mut self.from)? as usize;
        if length > PIECE + 16 {
            return Err(bad("a piece of it is too long"));
        }
        let mut sealed = vec![0; length];
        self.from.read_exact(&mut sealed)?;
        let is_last = mark[0] == 1;
        self.piece = self
            .envelope
            .open(self.number, is_last, &self.context, &sealed)
            .map_err(|_| bad("a piece of it does not open: it was altered"))?;
        (self.at, self.number, self.ended) = (0, self.number + 1, is_last);
        Ok(())
    }
}

impl<R: Read> Read for Opening<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            if self.ended {
                return Ok(0);
            }
            self.next()?;
        }
        let some = into.len().min(self.piece.len() - self.at);
        into[..some].copy_from_slice(&self.piece[self.at..self.at + some]);
        self.at += some;
        Ok(some)
    }
}
