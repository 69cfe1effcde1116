//! Asking LWA in the name of an app, and remembering what it says about the app itself.

use model::{audit::Action, lwa_app::CLIENT_SECRET_EXPIRED};
use secrecy::SecretString;

use super::place;
use crate::{
    Cx, TeamScope,
    amazon::{LwaClient, LwaFailure, TokenAnswer},
    audit::{self, Event, Target},
    error::Outage,
    mail::Message,
    store::{self, Tx, lwa_app::LwaApp},
    teams,
};

/// What is exchanged for an access token.
#[derive(Clone, Copy)]
pub(crate) enum Held<'a> {
    RefreshToken(&'a SecretString),
    /// The code of a consent, with the address that it was sent to.
    Code {
        code: &'a SecretString,
        redirect_uri: &'a str,
    },
}

/// Exchanges with the app's current secret, then with the other slot, on `invalid_client` only.
pub(crate) async fn exchange(
    cx: &Cx,
    scope: &TeamScope,
    app: &LwaApp,
    held: Held<'_>,
) -> Result<Result<TokenAnswer, LwaFailure>, Outage> {
    let portal = &cx.portal;
    let secret = portal.vault.open(&portal.db.of(scope), &place(scope, app.id, "secret"), &app.secret).await?;
    let first = ask(cx, app, &secret, held).await;
    match (&first, &app.other_secret) {
        (Err(LwaFailure::Configuration { code }), Some(sealed))
            if *code == "invalid_client" && app.other.usable(cx.now()) =>
        {
            let other = portal.vault.open(&portal.db.of(scope), &place(scope, app.id, "other_secret"), sealed).await?;
            Ok(ask(cx, app, &other, held).await)
        }
        _ => Ok(first),
    }
}

async fn ask(cx: &Cx, app: &LwaApp, secret: &SecretString, held: Held<'_>) -> Result<TokenAnswer, LwaFailure> {
    let amazon = &cx.portal.amazon;
    let client = LwaClient { client_id: app.client_id.clone(), client_secret: secret };
    match held {
        Held::RefreshToken(token) => amazon.refresh(&client, token).await,
        Held::Code { code, redirect_uri } => amazon.exchange_code(&client, code, redirect_uri).await,
    }
}

/// Marks the app, and tells the Team's owners and admins once: per app, not per connection.
pub(crate) async fn rejected(tx: &Tx, cx: &Cx, scope: &TeamScope, app: &LwaApp, code: &'static str) -> Result<(), Outage> {
    if !store::lwa_app::reject(&**tx, scope, app.id, code, cx.now()).await? {
        return Ok(());
    }
    audit::append(&**tx, cx, Event::of(scope, Action::LwaAppRejected).on(Target::lwa_app(app.id, &app.name)).failed(code))
        .await?;
    let headline = format!("Amazon refuses the LWA app “{}”", app.name);
    let what = if code == CLIENT_SECRET_EXPIRED {
        "A gateway reports that SP-API refuses its calls since the client secret has expired. Portal goes on issuing for as long \
         as Amazon gives tokens. Rotate the secret in Seller Central and store the new one"
    } else {
        "Until this is mended, the connections of this app get no new access tokens. Open the app in Portal and check its \
         client id and secret"
    };
    let text = format!("{what}: {}/teams/{}/apps/{} (“{code}”)", cx.portal.settings.public_url, scope.team(), app.id,);
    teams::tell_managers(tx, cx, scope, &Message::SecurityNotice { headline, text }).await
}

/// Takes the mark off.
pub(crate) async fn recovered(tx: &Tx, cx: &Cx, scope: &TeamScope, app: &LwaApp) -> Result<(), Outage> {
    if store::lwa_app::accept(&**tx, scope, app.id).await? {
        audit::append(&**tx, cx, Event::of(scope, Action::LwaAppRecovered).on(Target::lwa_app(app.id, &app.name))).await?;
    }
    Ok(())
}
