//! Things that a sweep names: somebody's, or nobody's.

/// Arguments that name a thing, or several.
pub(super) const THINGS: [&str; 32] = [
    "access_review",
    "action_item",
    "alert",
    "app",
    "approval",
    "choice",
    "connection",
    "connections",
    "entry",
    "event",
    "gateway",
    "hold",
    "impersonation",
    "incident",
    "into",
    "invitation",
    "key",
    "lwa_app",
    "measure",
    "message",
    "notice",
    "notification_key",
    "passkey",
    "query",
    "review",
    "reviewed",
    "session",
    "target",
    "task",
    "team",
    "user",
    "webhook",
];

/// Each with how its id begins.
macro_rules! things {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {
        /// Things that can be named: somebody's, or nobody's.
        #[derive(Clone, Debug)]
        pub struct Things {
            $($(#[$doc])* pub $name: String,)*
            /// The secret of `key`.
            pub secret: String,
        }

        impl Things {
            /// Every id, for taking them out of an answer.
            pub fn ids(&self) -> [&str; 26] {
                [$(&self.$name),*]
            }

            /// Ids of the right kinds that do not exist.
            pub fn nobodys() -> Self {
                let id = |prefix: &str| format!("{prefix}_0190000000007000800000000000dead");
                let secret = format!("ptl_gw_0190000000007000800000000000dead_{}", "x".repeat(43));
                Self { $($name: id($prefix),)* secret }
            }
        }
    };
}

things! {
    team "team";
    app "app";
    connection "con";
    gateway "gw";
    key "gwk";
    user "usr";
    session "ses";
    invitation "inv";
    /// An event of the Team's log.
    event "evt";
    alert "alt";
    /// A Review that nobody has signed.
    review "rev";
    /// A legal hold that stands.
    hold "hld";
    /// An incident that is open; an entry in its timeline, a measure that is under way, a task, a notice that another person
    /// wrote, and something that follows.
    incident "inc";
    entry "ent";
    measure "msr";
    task "tsk";
    notice "ntc";
    action_item "act";
    /// What another person asked for.
    approval "apr";
    /// The owner's passkey.
    passkey "pky";
    /// An access review that is open.
    access_review "acr";
    /// The gateway's webhook, and a message that did not arrive there.
    webhook "wh";
    message "msg";
    /// A key that signs the connection's notifications.
    notification_key "ntk";
    /// A grant of the Advertising API whose profile is to be chosen.
    choice "pch";
    /// Somebody outside asks to look into the Team.
    impersonation "imp";
}

impl Things {
    pub fn named(&self, argument: &str) -> Option<&str> {
        Some(match argument {
            "team" | "team_id" => &self.team,
            "app" | "lwa_app" => &self.app,
            "connection" | "connections" | "connection_id" => &self.connection,
            "gateway" => &self.gateway,
            "key" => &self.key,
            "user" => &self.user,
            "session" => &self.session,
            "invitation" => &self.invitation,
            "event" => &self.event,
            "alert" => &self.alert,
            "review" => &self.review,
            "hold" => &self.hold,
            "incident" | "into" => &self.incident,
            "entry" => &self.entry,
            "measure" => &self.measure,
            "task" => &self.task,
            "notice" => &self.notice,
            "action_item" => &self.action_item,
            "approval" => &self.approval,
            "passkey" => &self.passkey,
            "access_review" => &self.access_review,
            "webhook" => &self.webhook,
            "message" => &self.message,
            "notification_key" => &self.notification_key,
            "impersonation" => &self.impersonation,
            "choice" => &self.choice,
            "reviewed" => &self.user,
            "target" => &self.connection,
            _ => return None,
        })
    }
}
