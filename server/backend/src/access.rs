//! Authority as a value: a [`TeamScope`] is proof that the actor may do a thing in a Team. Only this module makes one.

use model::{
    Environment, Environments, Name, Permission, Problem, ProblemCode, Role,
    approval::GraveAct,
    audit::Action,
    ids::{TeamId, UserId},
    step_up::DangerousAct,
};

use crate::{
    Cx,
    audit::{self, Event},
    cx::SignedIn,
    error::Outage,
    store::{self, InTeam},
};
use uuid::Uuid;

/// Why an actor may not do a thing.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("nobody is signed in")]
    SignInRequired,
    /// The Team does not exist, or the actor has no part in it: the same answer, so that nothing can be probed.
    #[error("no such thing for this actor")]
    NotFound,
    #[error("the role does not allow {}", .0.as_str())]
    NotPermitted(Permission),
    #[error("the member may not touch {}", .0.as_str())]
    EnvironmentClosed(Environment),
    #[error("the person is locked out of the Team")]
    Locked,
    /// An operator who looks into the Team changes nothing in it.
    #[error("whoever looks into a Team changes nothing")]
    LooksOnly,
    #[error("a fresh proof of the person is needed to {}", .0.words())]
    StepUpRequired(DangerousAct),
    #[error("a passkey must be shown to {}", .0.words())]
    PasskeyProofRequired(DangerousAct),
    #[error("the Team requires a passkey of this member")]
    PasskeyRequired,
    #[error("another person must approve to {}", .0.words())]
    ApprovalRequired(GraveAct),
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl From<sea_orm::DbErr> for AccessError {
    fn from(error: sea_orm::DbErr) -> Self {
        AccessError::Outage(error.into())
    }
}

impl From<&AccessError> for Problem {
    fn from(error: &AccessError) -> Self {
        match error {
            AccessError::SignInRequired => Problem::of(ProblemCode::SignInRequired),
            AccessError::NotFound => Problem::of(ProblemCode::NotFound),
            AccessError::NotPermitted(_) => Problem::of(ProblemCode::NotPermitted),
            AccessError::Locked => Problem::new(
                ProblemCode::Locked,
                "You are locked out of this Team for now. Ask another owner or admin of it.".to_owned(),
            ),
            AccessError::LooksOnly => Problem::new(
                ProblemCode::NotPermitted,
                "You look into this Team as support: nothing can be changed, and no secret be seen.",
            ),
            AccessError::EnvironmentClosed(environment) => {
                Problem::new(ProblemCode::NotPermitted, format!("You may not touch {} in this Team.", environment.as_str()))
            }
            AccessError::StepUpRequired(act) => {
                Problem::new(ProblemCode::StepUpRequired, format!("To {}, confirm that it is you.", act.words())).to(*act)
            }
            AccessError::PasskeyProofRequired(act) => Problem::new(
                ProblemCode::PasskeyProofRequired,
                format!("To {}, confirm with your passkey that it is you: a code is not enough for this.", act.words()),
            )
            .to(*act),
            AccessError::PasskeyRequired => Problem::new(
                ProblemCode::PasskeyRequired,
                "This Team asks its owners and admins for a passkey, and this browser was signed in without one.",
            ),
            AccessError::ApprovalRequired(act) => Problem::new(
                ProblemCode::SecondPerson,
                format!("To {}, another person of the Team must approve it. Ask for it under Approvals.", act.words()),
            ),
            AccessError::Outage(outage) => outage.into(),
        }
    }
}

/// Proof that the actor may do a thing in a Team. Every query on a Team's table starts here.
#[derive(Clone, Debug)]
pub struct TeamScope {
    team: TeamId,
    name: Option<Name>,
    role: Option<Role>,
    environments: Environments,
    /// A code alone is no fresh proof here: the Team requires a passkey of this Member.
    by_passkey: bool,
    /// Nothing is changed here: an operator looks in.
    looks: bool,
}

impl TeamScope {
    pub fn team(&self) -> TeamId {
        self.team
    }

    /// The Team's name; a Gateway's scope has none.
    pub fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// The Member's role; a Gateway or a job has none.
    pub fn role(&self) -> Option<Role> {
        self.role
    }

    /// An operator who looks in, and changes nothing.
    pub fn looks(&self) -> bool {
        self.looks
    }

    /// The environments that the actor may touch.
    pub fn environments(&self) -> Environments {
        self.environments
    }

    /// Refuses to give somebody an environment that is closed to the actor.
    pub async fn give(&self, cx: &Cx, environments: Environments) -> Result<(), AccessError> {
        for one in Environment::ALL.into_iter().filter(|one| environments.contain(*one)) {
            self.touch(cx, one).await?;
        }
        Ok(())
    }

    /// Refuses what the actor's role does not allow, where entering asked for less.
    pub(crate) async fn require(&self, cx: &Cx, permission: Permission) -> Result<(), AccessError> {
        if self.role.is_none_or(|role| role.may(permission)) {
            return Ok(());
        }
        let refused = Event::of(self, Action::AccessRefused).with("permission", permission).refused("not-permitted");
        audit::append_alone(cx, refused).await?;
        Err(AccessError::NotPermitted(permission))
    }

    /// Refuses an environment that is closed to the actor.
    pub async fn touch(&self, cx: &Cx, environment: Environment) -> Result<(), AccessError> {
        if self.environments.contain(environment) {
            return Ok(());
        }
        let refused = Event::of(self, Action::AccessRefused).with("environment", environment).refused("environment-closed");
        audit::append_alone(cx, refused).await?;
        Err(AccessError::EnvironmentClosed(environment))
    }
}

impl InTeam for TeamScope {
    fn in_team(&self) -> Uuid {
        self.team.0
    }
}

/// The signed-in person.
pub fn signed_in(cx: &Cx) -> Result<&SignedIn, AccessError> {
    cx.signed_in().ok_or(AccessError::SignInRequired)
}

/// Enters a Team as one of its Members, for a thing that the role allows.
pub async fn enter(cx: &Cx, team: TeamId, permission: Permission) -> Result<TeamScope, AccessError> {
    let user = signed_in(cx)?.user;
    let Some(membership) = store::team::membership(cx.portal.db.reader(), team, user, cx.now()).await? else {
        return look(cx, team, permission).await;
    };
    let by_passkey = membership.by_passkey();
    if by_passkey && !signed_in(cx)?.proofs.are_strong() {
        let refused =
            Event::of(&job(team), Action::AccessRefused).with("permission", permission).refused("passkey-required");
        audit::append_alone(cx, refused).await?;
        return Err(AccessError::PasskeyRequired);
    }
    if membership.locked {
        let scope = job(team);
        let refused = Event::of(&scope, Action::AccessRefused).with("permission", permission).refused("locked");
        audit::append_alone(cx, refused).await?;
        return Err(AccessError::Locked);
    }
    let role = membership.role;
    let scope = TeamScope {
        team,
        name: Some(membership.name),
        role: Some(role),
        environments: membership.environments,
        by_passkey,
        looks: false,
    };
    permitted(cx, scope, role, permission).await
}

async fn permitted(cx: &Cx, scope: TeamScope, role: Role, permission: Permission) -> Result<TeamScope, AccessError> {
    if role.may(permission) {
        return Ok(scope);
    }
    let refused = Event::of(&scope, Action::AccessRefused).with("permission", permission).refused("not-permitted");
    audit::append_alone(cx, refused).await?;
    Err(AccessError::NotPermitted(permission))
}

/// Enters a Team that an operator looks into, while an owner lets them: with the eyes of an auditor, and without hands.
async fn look(cx: &Cx, team: TeamId, permission: Permission) -> Result<TeamScope, AccessError> {
    let support = signed_in(cx)?.support.as_ref().filter(|support| support.team == team).ok_or(AccessError::NotFound)?;
    let none = Environments { production: false, sandbox: false };
    let (name, role) = (Some(support.name.clone()), Role::Auditor);
    let scope = TeamScope { team, name, role: Some(role), environments: none, by_passkey: false, looks: true };
    if !support.looks {
        return Err(looks_only(cx, &scope).await?);
    }
    permitted(cx, scope, role, permission).await
}

async fn looks_only(cx: &Cx, scope: &TeamScope) -> Result<AccessError, AccessError> {
    audit::append_alone(cx, Event::of(scope, Action::AccessRefused).refused("looks-only")).await?;
    Ok(AccessError::LooksOnly)
}

/// The scope of a Team that its creator makes in this very transaction.
pub(crate) fn found(team: TeamId, name: Name) -> TeamScope {
    TeamScope {
        team,
        name: Some(name),
        role: Some(Role::Owner),
        environments: Environments::BOTH,
        by_passkey: false,
        looks: false,
    }
}

/// The scope of a person who answers an invitation to this Team; the caller has checked the invitation.
pub(crate) fn invited(team: TeamId, name: Name) -> TeamScope {
    TeamScope {
        team,
        name: Some(name),
        role: None,
        environments: Environments { production: false, sandbox: false },
        by_passkey: false,
        looks: false,
    }
}

/// The scope of a Gateway whose key was checked: its own Team, its own environment.
pub(crate) fn gateway(team: TeamId, environment: Environment) -> TeamScope {
    let environments =
        Environments { production: environment == Environment::Production, sandbox: environment == Environment::Sandbox };
    TeamScope { team, name: None, role: None, environments, by_passkey: false, looks: false }
}

/// The scope of Portal's own job in a Team.
pub(crate) fn job(team: TeamId) -> TeamScope {
    TeamScope { team, name: None, role: None, environments: Environments::BOTH, by_passkey: false, looks: false }
}

/// The signed-in person, when they operate the installation; to anybody else there is no such place.
pub fn operator(cx: &Cx) -> Result<&SignedIn, AccessError> {
    let person = signed_in(cx)?;
    if person.is_operator { Ok(person) } else { Err(AccessError::NotFound) }
}

/// Refuses a dangerous act without a fresh step-up of this session: by a passkey, where the Team requires one.
pub async fn require_step_up(cx: &Cx, scope: &TeamScope, act: DangerousAct) -> Result<UserId, AccessError> {
    if scope.looks {
        return Err(looks_only(cx, scope).await?);
    }
    proved(cx, Event::of(scope, Action::AccessRefused), act, scope.by_passkey).await
}

/// The same where a passkey it must be, whatever the Team requires.
pub async fn require_passkey(cx: &Cx, scope: &TeamScope, act: DangerousAct) -> Result<UserId, AccessError> {
    if scope.looks {
        return Err(looks_only(cx, scope).await?);
    }
    proved(cx, Event::of(scope, Action::AccessRefused), act, true).await
}

/// The same for what somebody does about themselves.
pub async fn require_proof(cx: &Cx, act: DangerousAct, by_passkey: bool) -> Result<UserId, AccessError> {
    proved(cx, Event::new(Action::AccessRefused), act, by_passkey).await
}

async fn proved(cx: &Cx, refused: Event, act: DangerousAct, by_passkey: bool) -> Result<UserId, AccessError> {
    let person = signed_in(cx)?;
    let (proofs, now) = (person.proofs, cx.now());
    if if by_passkey { proofs.cover_by_passkey(now) } else { proofs.cover(now) } {
        return Ok(person.user);
    }
    audit::append_alone(cx, refused.with("act", act).refused("step-up-required")).await?;
    Err(if by_passkey { AccessError::PasskeyProofRequired(act) } else { AccessError::StepUpRequired(act) })
}
