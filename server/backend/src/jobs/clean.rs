//! Deletes what has said its last: expired browsers, old challenges, full buckets. The audit log is never touched.

use chrono::Duration;
use model::notification::KEPT;

use crate::{Portal, impersonations::SHOWN, store};

/// What was mailed, to whom and whether it went, for questions about a mail that did not come.
const MAILS: Duration = Duration::days(30);
/// Sessions that are over; the log has them for longer.
const SESSIONS: Duration = Duration::days(90);
/// What was sent to Teams' own services.
const MESSAGES: Duration = Duration::days(90);
/// Who held a token, and when a connection was used last.
const LEASES: Duration = Duration::days(400);

pub(super) async fn run(portal: Portal) -> Result<(), sea_orm::DbErr> {
    let now = portal.clock.now();
    let tx = portal.db.begin().await?;
    store::browser::delete_expired(&*tx, now).await?;
    store::login_challenge::delete_before(&*tx, now - Duration::days(1)).await?;
    store::passkey::delete_before(&*tx, now).await?;
    store::rate_limit::delete_full(&*tx, now).await?;
    store::mail_outbox::delete_before(&*tx, now - MAILS).await?;
    store::login_address::delete_idle(&*tx, now, now - MAILS).await?;
    store::profile_choice::delete_before(&*tx, now).await?;
    store::consent::delete_before(&*tx, now - MAILS).await?;
    store::session::delete_before(&*tx, now - SESSIONS).await?;
    store::lease::delete_before(&*tx, now - LEASES).await?;
    store::notification::delete_before(&*tx, now - KEPT).await?;
    store::impersonation::delete_before(&*tx, now - SHOWN).await?;
    store::webhook::end_overlaps(&*tx, now).await?;
    store::webhook::delete_before(&*tx, now - MESSAGES).await?;
    tx.commit().await
}
