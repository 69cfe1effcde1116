//! The evidence locker.

use backend::{
    Cx,
    incidents::{self, IncidentScope},
    store::evidence::{Custody, Evidence},
};
use model::{
    audit::Digest,
    incident::{CustodyAct, evidence::size_words},
};

use super::incidents::item;
use crate::{
    Failure,
    api::evidence::{EvidenceItem, Locker},
    edge::{fail, moment},
};

pub(crate) async fn evidence_locker(cx: &Cx, scope: &IncidentScope) -> Result<Locker, Failure> {
    let all = incidents::locker(cx, scope).await.map_err(fail)?;
    let pieces = all.into_iter().map(|(piece, custody)| evidence_item(cx, piece, custody)).collect();
    Ok(Locker { item: item(scope.incident(), cx.now()), pieces })
}

fn evidence_item(cx: &Cx, piece: Evidence, custody: Vec<Custody>) -> EvidenceItem {
    let now = cx.now();
    let looked = custody.iter().rev().find(|one| matches!(one.act, CustodyAct::Checked | CustodyAct::Damaged));
    let hands = custody.iter().rev().filter(|one| one.act != CustodyAct::Checked);
    EvidenceItem {
        id: piece.id,
        kind: piece.kind,
        name: piece.name,
        media: piece.media,
        size: size_words(piece.size),
        sha256: Digest(piece.sha256).to_string(),
        taken: (piece.taken_name, moment(piece.taken_at, now)),
        checked: looked.filter(|one| one.act == CustodyAct::Checked).map(|one| moment(one.at, now)),
        damaged: looked.is_some_and(|one| one.act == CustodyAct::Damaged),
        custody: hands.map(|one| (one.act, one.name.clone(), moment(one.at, now))).collect(),
    }
}
