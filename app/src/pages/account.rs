use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::account::{RevokeOtherSessions, RevokeSession, SessionItem, sessions},
    components::{Act, ActForm, At, Badge, Here, Hidden, PageHeader, Submit, loaded},
};

/// Where the person is signed in.
#[component]
pub fn AccountPage() -> impl IntoView {
    let revoke = Act::of::<RevokeSession>();
    view! {
        <Title text="Your sessions"/>
        <PageHeader title="Your sessions" lead="Every browser in which you are signed in. A session ends by itself after a day, or after an hour without use."/>
        <section class="card card-flush" aria-label="Sessions">
            {loaded(sessions(), move |sessions| {
                let rows = sessions.into_iter().map(|session| view! { <Row session revoke/> }).collect_view();
                view! {
                    <div class="table-wrap">
                        <table class="table">
                            <caption class="visually-hidden">"Sessions"</caption>
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
fn Row(session: SessionItem, revoke: Act) -> impl IntoView {
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
