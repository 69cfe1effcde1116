//! Deletes what has said its last: expired browsers, old challenges, full buckets. The audit log is never touched.

use chrono::Duration;

use crate::{Portal, store};

pub(super) async fn run(portal: Portal) -> Result<(), sea_orm::DbErr> {
    let now = portal.clock.now();
    let tx = portal.db.begin().await?;
    store::browser::delete_expired(&*tx, now).await?;
    store::login_challenge::delete_before(&*tx, now - Duration::days(1)).await?;
    store::rate_limit::delete_full(&*tx, now).await?;
    tx.commit().await
}
