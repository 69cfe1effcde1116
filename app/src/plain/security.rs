use leptos::prelude::*;
use model::{
    access_review, dormancy::DISABLED_AFTER, impersonation, incident::clock::AMAZON_WITHIN, login, retention, review,
    session, step_up,
};

use super::document_page::DocumentPage;

/// How Portal handles Amazon's credentials and information: what everybody may know, and what each Team can check for itself. The
/// figures are those that the code goes by.
#[component]
pub fn SecurityPage() -> impl IntoView {
    let minutes = step_up::STEP_UP_LIFE.num_minutes();
    view! {
        <DocumentPage title="Security and data handling" lead="How Portal handles Amazon credentials and seller information, for Teams, for auditors and for Amazon.">
        <Part id="use" title="What the data is used for">
            <li>"Portal hands access tokens to a Team's own gateways, for work that the Team has authorized. Each gateway may say what for, and that is recorded with the token."</li>
            <li>"Nothing is sold, used for advertising or shared. Portal sends data to Amazon, to the mail server of this installation, and to addresses that a Team or the operator has entered; it calls nobody else."</li>
            <li>"Of a connection Portal stores the Seller ID, the marketplace and what follows from it (marketplace ids, region, endpoint), the LWA client credentials, the refresh token and the access token. It stores no orders, no buyers and no other Amazon information; of a grant of the Advertising API the list of its profiles, sealed, for the half hour in which one is chosen."</li>
            <li>"Messages to a Team's own services are signed and go over TLS to listed hosts alone; a tunnel only for the sandbox, until a day that is named."</li>
            <li>"Of a notification of Amazon's Portal keeps what it says of itself (its kind, its id, its times), once it is proved who sent it, and nothing of what stands in it."</li>
            <li>"When a Team disconnects an account, gateways are refused at once and the credentials are destroyed; a receipt says when. A grant of the Advertising API that serves several profiles is gone with the last of them. A whole Team is deleted by two of its owners."</li>
        </Part>
        <Part id="secrets" title="Who gets a secret">
            <li>"No browser does. Pages show names, states and times; client secrets and refresh tokens leave Portal for Amazon alone."</li>
            <li>"A gateway gets a short-lived access token, through one route, with its own key, for the connections on its list and from the networks that it may call from. Marketplace ids and endpoints come with it, so that no service makes them up. Amazon makes the tokens of the Advertising API good for every profile of their grant: a lock on one profile stops all of that grant."</li>
            <li>"A key is shown once and stored hashed. Two live at a time, so that one is replaced without a gap."</li>
        </Part>
        <Part id="encryption" title="Encryption">
            <li>"Secrets are sealed with AES-256-GCM under a data key of the Team, which a master key outside the database wraps. A sealed value opens only in its own place: Team, table, row and field."</li>
            <li>"The database alone opens nothing. A Team's data key can be changed while work goes on."</li>
            <li>"Production is reached over TLS alone, and calls Amazon over TLS alone, at listed names and public addresses."</li>
        </Part>
        <Part id="people" title="People">
            <li>{format!("There are no passwords. People sign in with a code from their e-mail ({} digits, {} minutes, {} tries) or with a passkey, which is the stronger way; a Team may require passkeys of its owners and admins.", login::CODE_DIGITS, login::CODE_LIFE.num_minutes(), login::TRIES_PER_CODE)}</li>
            <li>{format!("A session ends after {} hours, or after an hour without use. Dangerous acts ask for a fresh proof, good for {minutes} minutes; the gravest take two people.", session::LIFE.num_hours())}</li>
            <li>"Roles, environments and an end date for contractors say what each member may do. Somebody who was removed is out at their next request."</li>
            <li>{format!("Whoever operates this installation sees nothing of a Team, unless one of its owners lets them look in with a code: for {} minutes, without changing anything, seeing a secret or taking a file away. Both names are in the log.", impersonation::LENGTH.num_minutes())}</li>
            <li>{format!("An account that nobody uses is disabled after {DISABLED_AFTER} days. Every {} days each member, gateway and key is confirmed or removed; what nobody confirmed within {} days is suspended.", access_review::EVERY.num_days(), access_review::WITHIN.num_days())}</li>
        </Part>
        <Part id="log" title="The log">
            <li>"Sign-ins, changes, every token that left or was refused, errors of Amazon's, and every reading of the log itself are events. An event commits with its change: what cannot be recorded is not done."</li>
            <li>"The log is a Merkle tree with signed heads, which a witness elsewhere remembers: nobody changes or shortens it unnoticed, not even the owner of the database. Each event can be proved without Portal."</li>
            <li>{format!("It is kept for at least {} months. Rules alert at once, and every {} days somebody of the Team looks through it and signs.", retention::LEAST_MONTHS, review::PERIOD.num_days())}</li>
        </Part>
        <Part id="incidents" title="Incidents">
            <li>"Each Team names who speaks for it. An incident goes from its report over containment, evidence, investigation and remediation to its lessons; credentials are locked, revoked or rotated from one page, and evidence is kept before anything is destroyed."</li>
            <li>{format!("Amazon is told within {} hours where it must be; the clock is on the page. Notices go out when a second person approved them, and nothing in Amazon's name without its written request.", AMAZON_WITHIN.num_hours())}</li>
            <li>"The plan is rehearsed: drills rotate a secret, revoke a key, replay a notification and restore a backup on something disposable, and are kept with their times."</li>
        </Part>
        <Part id="operators" title="The operator of this installation">
            <li>"Portal runs under whoever operates it. Keys are files or settings of that machine with restricted permissions, or stay in a key service (AWS KMS, OpenBao, Vault) that wraps and never gives them away; never in source code and never in a log; each is unique, and is changed after an exposure or when whoever knew it leaves; production refuses to start when its key files are readable by others."</li>
            <li>"Signed-in owners, admins and auditors of a Team find, under Promises, what keeps each of these promises and what shows that it holds."</li>
            <li>"The database refuses changes of the log. On PostgreSQL, serving processes own no tables, only the worker may prune events whose time is over, and row-level security keeps Teams apart a second time."</li>
            <li>"A backup is one file, sealed under the master key. A restored copy sends nothing and asks nobody until it is promoted, and a witness notices a log that went back."</li>
            <li>"All of this follows what Amazon's Data Protection Policy and Acceptable Use Policy ask of those who hold its information."</li>
            <li>"Dependencies are scanned for licences, sources and known vulnerabilities before each release; the last result stands under Promises."</li>
        </Part>
        </DocumentPage>
    }
}

#[component]
fn Part(id: &'static str, title: &'static str, children: Children) -> impl IntoView {
    let (heading, label) = (format!("{id}-h"), format!("{id}-h"));
    view! {
        <section class="card prose" aria-labelledby=label>
            <h2 id=heading>{title}</h2>
            <ul>{children()}</ul>
        </section>
    }
}
