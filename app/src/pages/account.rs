use leptos::prelude::*;
use leptos_meta::Title;

use super::factors::Passkeys;
use crate::{
    api::{
        account::{RevokeOtherSessions, RevokeSession, SessionItem, sessions},
        passkeys::read_factors,
    },
    components::{Act, ActForm, At, Badge, FailedElsewhere, Here, Hidden, PageHeader, Submit, loaded},
};

/// What the person signs in with, and where they are signed in.
#[component]
pub fn AccountPage() -> impl IntoView {
    view! {
        <Title text="Your account"/>
        <PageHeader title="Your account" lead="What you sign in with, and every browser in which you are signed in."/>
        {loaded(read_factors(), |factors| view! { <Passkeys factors/> }.into_any())}
        <section class="card card-flush" aria-label="Sessions">
            {loaded(sessions(), move |sessions| {
                let there = sessions.iter().filter(|one| !one.current).map(|one| one.id.to_string()).collect();
                let rows = sessions.into_iter().map(|session| view! { <Row session/> }).collect_view();
                view! {
                    <FailedElsewhere act={Act::of::<RevokeSession>()} field="session" there/>
                    <div class="table-wrap">
                        <table class="table">
                            <caption>"Sessions: each ends by itself after a day, or after an hour without use"</caption>
                            <thead><tr>
                                <th scope="col">"Device"</th><th scope="col">"Address"</th><th scope="col">"Signed in"</th>
                                <th scope="col">"Last use"</th><th scope="col"><span class="visually-hidden">"Actions"</span></th>
                            </tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                }.into_any()
            })}
        </section>
        <ActForm act={Act::of::<RevokeOtherSessions>()}>
            <Submit label="End all other sessions" class="btn-secondary"/>
        </ActForm>
    }
}

#[component]
fn Row(session: SessionItem) -> impl IntoView {
    let revoke = Act::of::<RevokeSession>().only_for("session", &session.id.to_string());
    view! {
        <tr>
            <th scope="row">{session.device}{session.current.then(|| view! { " " <Badge tone="ok" word="This browser"/> })}</th>
            <td data-label="Address" class="mono">{session.address.unwrap_or_else(|| "unknown".to_owned())}</td>
            <td data-label="Signed in"><At moment=session.signed_in/></td>
            <td data-label="Last use"><At moment=session.last_seen/></td>
            <td class="cell-actions">
                {(!session.current).then(|| view! {
                    <ActForm act=revoke>
                        <Hidden name="session" value=session.id.to_string()/>
                        <Here/>
                        <button type="submit" class="btn btn-danger-quiet btn-sm">"End"</button>
                    </ActForm>
                })}
            </td>
        </tr>
    }
}
