//! What a person signs in with.

use backend::{Cx, access, passkeys, store::passkey::Passkey};

use crate::{
    Failure,
    api::passkeys::{Factors, PasskeyItem},
    edge::{fail, moment},
};

pub(crate) fn factors_of(cx: &Cx, mine: Vec<Passkey>) -> Result<Factors, Failure> {
    let (proofs, now) = (access::signed_in(cx).map_err(fail)?.proofs, cx.now());
    let by_passkey = proofs.cover_by_passkey(now);
    Ok(Factors {
        offered: passkeys::are_offered(&cx.portal),
        shown_here: proofs.are_strong(),
        may_add: if mine.is_empty() { proofs.cover(now) } else { by_passkey },
        may_remove: by_passkey,
        passkeys: mine
            .into_iter()
            .map(|one| PasskeyItem {
                id: one.id,
                name: one.name.to_string(),
                added: moment(one.created_at, now),
                last_used: one.last_used_at.map(|at| moment(at, now)),
            })
            .collect(),
    })
}
