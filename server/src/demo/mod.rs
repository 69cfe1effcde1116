//! Two Teams with weeks of history, for looking around: made by the same verbs as everything else, under a clock that
//! begins in the past, with Amazon played by the simulator.

pub(crate) mod cast;
mod life;

use std::{collections::HashSet, error::Error};

use backend::{
    Actor, Clock, Cx, Portal, TeamScope, access,
    connections::{self, NewConnection, NewGrant},
    cx::SignedIn,
    gateways, login,
    lwa_apps::{self, NewLwaApp},
    mail::{deliver_due, read_mailbox},
    random,
    store::user,
    teams,
};
use cast::{Account, COMPANIES, Company, Service};
use chrono::Duration;
pub(crate) use life::Worker;
use model::{
    EmailAddress, Permission, Role, Time,
    amazon::{Marketplace, ProfileId, Region},
    engagement::Engagement,
    gateway::{Scope, Scopes},
    ids::{ConnectionId, LwaAppId, TeamId},
};
use secrecy::SecretString;

use crate::simulator::known::{ADVERTISERS, APPS};

/// How long ago the history begins.
const HISTORY: Duration = Duration::days(45);

pub(crate) type Done<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Fills the database. `owner` owns both Teams. Answers with the Teams' names.
pub async fn fill(portal: Portal, mailbox: &std::path::Path, owner: &EmailAddress) -> Done<Vec<&'static str>> {
    let end = portal.clock.now();
    let stage = Stage { portal: Portal { clock: Clock::manual(end - HISTORY), ..portal }, mailbox: mailbox.to_owned(), end };
    let founder = stage.person(owner).await?;
    if teams::mine(&founder).await?.iter().any(|team| team.name.as_str() == COMPANIES[0].name) {
        return Err("the demonstration is there already; delete the data folder to begin anew".into());
    }
    let mut workers = Vec::new();
    for company in &COMPANIES {
        println!("  {}: people, accounts, gateways", company.name);
        workers.extend(stage.company(&founder, company).await?);
    }
    println!("  {} days of work, {} services", HISTORY.num_days(), workers.len());
    life::run(&stage, &workers).await?;
    Ok(COMPANIES.iter().map(|company| company.name).collect())
}

/// Where people of a demonstration or a drill do their work, under a clock that is turned.
pub(crate) struct Stage {
    pub portal: Portal,
    /// Where captured mail is.
    pub mailbox: std::path::PathBuf,
    /// When the history ends.
    pub end: Time,
}

impl Stage {
    fn wait(&self, minutes: i64) {
        self.portal.clock.advance(Duration::minutes(minutes));
    }

    /// Somebody signs in, with the code from the captured mail.
    pub async fn person(&self, email: &EmailAddress) -> Done<Cx> {
        let mut cx = Cx::new(&self.portal, Actor::Anonymous);
        cx.address = "192.0.2.10".parse().ok();
        // Who has signed in today cannot ask for a code weeks ago: limits look at the last one.
        if let Some(user) = user::by_email(self.portal.db.reader(), email).await? {
            let now = self.portal.clock.now();
            let known = SignedIn {
                user: user.id,
                email: user.email,
                is_operator: user.is_operator,
                session: random::id(now),
                signed_in_at: now,
                proofs: Default::default(),
                renew: false,
                support: None,
            };
            return Ok(Cx { actor: Actor::User(known), ..cx });
        }
        // A Portal that runs beside this may be first to take the mail, and drop it, since its code is weeks old there.
        for _ in 0..3 {
            self.wait(21);
            let before: HashSet<String> = read_mailbox(&self.mailbox)?.into_iter().map(|mail| mail.file).collect();
            let asked = login::ask(&cx, email.as_str()).await?;
            if let Some(code) = self.code_for(email, &before).await? {
                let person = login::sign_in(&cx, asked.challenge, &code).await?;
                return Ok(Cx { actor: Actor::User(person), ..cx });
            }
        }
        Err("the sign-in code did not come".into())
    }

    /// The code of a mail that was not there before.
    async fn code_for(&self, email: &EmailAddress, before: &HashSet<String>) -> Done<Option<String>> {
        deliver_due(&self.portal).await?;
        let mails = read_mailbox(&self.mailbox)?.into_iter();
        let mut mails = mails.filter(|mail| mail.to == email.as_str() && !before.contains(&mail.file));
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        Ok(mails.find_map(|mail| Some(digits(&mail.subject)).filter(|code| code.len() == 8)))
    }

    /// The same person with a fresh proof: nobody is there to type codes in between.
    pub fn proved(&self, cx: &Cx) -> Cx {
        let actor = match &cx.actor {
            Actor::User(person) => Actor::User(SignedIn {
                proofs: model::passkey::Proofs { stepped_up_at: Some(self.portal.clock.now()), ..person.proofs },
                ..person.clone()
            }),
            other => other.clone(),
        };
        Cx { actor, ..Cx::new(&self.portal, Actor::Anonymous) }
    }

    pub async fn company(&self, founder: &Cx, company: &Company) -> Done<Vec<Worker>> {
        let team = teams::create(&self.proved(founder), &company.name.parse()?).await?;
        let mut admin = founder.clone();
        // Their time ends ten days after the demonstration.
        let until = self.end + chrono::Duration::days(10);
        for (email, role, environments, employer) in company.members {
            let email: EmailAddress = email.parse()?;
            let owner = self.proved(founder);
            let scope = access::enter(&owner, team, Permission::ManageMembers).await?;
            let engagement = match employer {
                Some(employer) => Engagement::contractor(employer, until, self.portal.clock.now())?,
                None => Engagement::Employee,
            };
            teams::invite(&owner, &scope, &email, *role, *environments, engagement).await?;
            let member = self.person(&email).await?;
            for invitation in teams::my_invitations(&member).await? {
                teams::accept(&member, invitation.id).await?;
            }
            if *role == Role::Admin {
                admin = member;
            }
        }
        let admin = self.proved(&admin);
        let scope = access::enter(&admin, team, Permission::ManageGateways).await?;
        let accounts = self.accounts(&admin, &scope, company).await?;
        let mut workers = Vec::new();
        for service in company.services {
            self.wait(7);
            workers.push(self.service(&admin, &scope, team, service, company.accounts, &accounts).await?);
        }
        Ok(workers)
    }

    async fn accounts(&self, admin: &Cx, scope: &TeamScope, company: &Company) -> Done<Vec<ConnectionId>> {
        let mut apps = Vec::new();
        for (app, days) in company.apps {
            let new = NewLwaApp {
                name: app.name.parse()?,
                api: app.api,
                environment: app.environment,
                client_id: app.client_id.parse()?,
                client_secret: SecretString::from(app.client_secret),
                application_id: app.application_id.parse().ok(),
                is_draft: false,
                secret_made_at: self.end - Duration::days(*days).max(HISTORY),
            };
            apps.push((app.client_id, lwa_apps::create(admin, scope, new).await?));
        }
        let mut accounts = Vec::new();
        for Account { name, seller, marketplace } in company.accounts {
            self.wait(11);
            let app = apps.iter().find(|(client_id, _)| *client_id == seller.client_id).ok_or("no app")?;
            let new = NewConnection {
                lwa_app: app.1,
                name: name.parse()?,
                seller_id: seller.seller_id.parse()?,
                marketplace: Marketplace::by_code(marketplace).ok_or("no marketplace")?,
                refresh_token: SecretString::from(seller.refresh_token),
            };
            let made = connections::create(admin, scope, new).await;
            accounts.push(made.map_err(|error| format!("{name}: {}", model::Problem::from(&error)))?);
        }
        if let Some((_, app)) = apps.iter().find(|(client_id, _)| *client_id == APPS[2].client_id) {
            self.profiles(admin, scope, *app, company).await?;
        }
        Ok(accounts)
    }

    async fn profiles(&self, admin: &Cx, scope: &TeamScope, lwa_app: LwaAppId, company: &Company) -> Done<()> {
        let refresh_token = SecretString::from(ADVERTISERS[0].refresh_token);
        let grant = NewGrant { lwa_app, region: Region::Eu, refresh_token, authorized_at: admin.now() };
        let choice = connections::list_profiles(admin, scope, grant).await?;
        for (name, place) in company.profiles {
            self.wait(5);
            let profile = ProfileId(ADVERTISERS[0].profiles[*place].id);
            connections::choose_profile(admin, scope, choice, profile, name.parse()?).await?;
        }
        Ok(())
    }

    async fn service(
        &self,
        admin: &Cx,
        scope: &TeamScope,
        team: TeamId,
        service: &'static Service,
        accounts: &[Account],
        ids: &[ConnectionId],
    ) -> Done<Worker> {
        let admin = self.proved(admin);
        let uses: Vec<ConnectionId> = service.uses.iter().map(|n| ids[*n]).collect();
        let sandbox = accounts[service.uses[0]].seller.client_id == crate::simulator::known::SANDBOX_SELLER.client_id;
        let environment = if sandbox { model::Environment::Sandbox } else { model::Environment::Production };
        let (name, scopes) = (service.name.parse()?, Scopes(Scope::ALL.to_vec()));
        let networks = service.networks.parse()?;
        let gateway = gateways::create(&admin, scope, name, environment, scopes, networks).await?;
        gateways::set_connections(&admin, scope, gateway, &uses).await?;
        let key = gateways::create_key(&admin, scope, gateway, 90, None).await?;
        Ok(Worker { team, service, uses, key: key.secret })
    }
}
