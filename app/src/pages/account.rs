use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::account::{RevokeOtherSessions, RevokeSession, SessionItem, sessions},
    components::{At, Badge, Here, Hidden, PageHeader, Submit, failure_of, loaded},
};

/// Where the person is signed in.
#[component]
pub fn AccountPage() -> impl IntoView {
    let revoke = ServerAction::<RevokeSession>::new();
    let others = ServerAction::<RevokeOtherSessions>::new();
    let list = Resource::new(move || (revoke.version().get(), others.version().get()), |_| sessions());
    view! {
        <Title text="Your sessions"/>
        <PageHeader title="Your sessions" lead="Every browser in which you are signed in. A session ends by itself after a day, or after an hour without use."/>
        <section class="card card-flush" aria-label="Sessions">
            {loaded(list, move |sessions| {
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
        <ActionForm action=others>
            <Submit label="End all other sessions" failure=failure_of(others) pending=others.pending() class="btn-secondary"/>
        </ActionForm>
    }
}

#[component]
fn Row(session: SessionItem, revoke: ServerAction<RevokeSession>) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">{session.device}{session.current.then(|| view! { " " <Badge tone="ok" word="This browser"/> })}</th>
            <td data-label="Address" class="mono">{session.address.unwrap_or_else(|| "unknown".to_owned())}</td>
            <td data-label="Signed in"><At moment=session.signed_in/></td>
            <td data-label="Last use"><At moment=session.last_seen/></td>
            <td class="cell-actions">
                {(!session.current).then(|| view! {
                    <ActionForm action=revoke>
                        <Hidden name="session" value=session.id.to_string()/>
                        <Here/>
                        <button type="submit" class="btn btn-danger-quiet btn-sm">"End"</button>
                    </ActionForm>
                })}
            </td>
        </tr>
    }
}
