//! Roles and what each may do: one constant table, used by the server and by the screens.

use serde::{Deserialize, Serialize};

use crate::{Environment, Environments};

/// A Member's standing in a Team, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Admin,
    Operator,
    Auditor,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Owner, Role::Admin, Role::Operator, Role::Auditor];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Admin => "admin",
            Role::Operator => "operator",
            Role::Auditor => "auditor",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Role::Owner => "Owner",
            Role::Admin => "Admin",
            Role::Operator => "Operator",
            Role::Auditor => "Auditor",
        }
    }

    /// What the role is for, as the member forms say it.
    pub fn purpose(self) -> &'static str {
        match self {
            Role::Owner => "Everything, including other owners and the Team itself",
            Role::Admin => "Members, LWA apps, connections and gateways",
            Role::Operator => "Connections and gateways, not members or client secrets",
            Role::Auditor => "Reads everything but changes nothing",
        }
    }

    pub fn may(self, permission: Permission) -> bool {
        let (_, row) = PERMISSIONS[permission as usize];
        row[self as usize]
    }

    /// Whether a Member who may touch `open` changes what is in an environment; everybody reads of everything.
    pub fn changes(self, open: Environments, environment: Environment) -> bool {
        self.may(Permission::ManageConnections) && open.contain(environment)
    }

    /// A Member gives only roles that are not above the own one; owners are made by owners.
    pub fn may_give(self, role: Role) -> bool {
        self.may(Permission::ManageMembers) && self <= role
    }
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident $text:literal [$($role:literal)*];)*) => {
        /// One thing that a Member may or may not do in a Team.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Permission { $($(#[$doc])* $name),* }

        impl Permission {
            pub const ALL: &'static [Permission] = &[$(Permission::$name),*];
            pub fn as_str(self) -> &'static str { match self { $(Permission::$name => $text),* } }
        }

        /// Rows in the order of [`Permission::ALL`], columns in the order of [`Role::ALL`].
        const PERMISSIONS: &[(Permission, [bool; 4])] = &[$((Permission::$name, [$($role == 1),*])),*];
    };
}

permissions! {
    //                                              owner admin operator auditor
    /// See the Team, its members, apps, connections and gateways (never a secret).
    ViewTeam "team.view"                            [1 1 1 1];
    /// Rename the Team, and delete it with another owner.
    ManageTeam "team.manage"                        [1 0 0 0];
    /// Invite, remove, change roles.
    ManageMembers "members.manage"                  [1 1 0 0];
    /// Create LWA apps and rotate client secrets.
    ManageLwaApps "lwa_apps.manage"                 [1 1 0 0];
    /// Connect, disable, enable, replace a refresh token.
    ManageConnections "connections.manage"          [1 1 1 0];
    /// Disconnect for good.
    Disconnect "connections.disconnect"             [1 1 0 0];
    /// Create gateways, choose their connections, make and revoke keys.
    ManageGateways "gateways.manage"                [1 1 1 0];
    /// Read the audit log.
    ViewLog "log.view"                              [1 1 0 1];
    /// Acknowledge alerts, set thresholds and how the Team is told.
    ManageAlerts "alerts.manage"                    [1 1 0 0];
    /// Look through the log at a Review, note findings, sign.
    ReviewLog "log.review"                          [1 1 0 1];
    /// Report what may be an incident, and see incidents that are not restricted.
    ReportIncident "incidents.report"               [1 1 1 1];
    /// Write into the timeline of an incident.
    WorkOnIncidents "incidents.work"                [1 1 1 0];
    /// Judge incidents, order measures, take them on.
    RunIncidents "incidents.run"                    [1 1 0 0];
    /// Place and lift legal holds on the log.
    HoldLog "log.hold"                              [1 1 0 0];
    /// Approve that somebody else exports the whole log.
    ApproveExport "log.approve_export"              [1 1 0 0];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_their_permissions() {
        for (index, (permission, _)) in PERMISSIONS.iter().enumerate() {
            assert_eq!(*permission as usize, index);
        }
    }

    #[test]
    fn the_table_of_roles_and_permissions() {
        let mut table = format!("{:<26}", "");
        for role in Role::ALL {
            table += &format!("{:>9}", role.as_str());
        }
        for permission in Permission::ALL {
            table += &format!("\n{:<26}", permission.as_str());
            for role in Role::ALL {
                table += &format!("{:>9}", if role.may(*permission) { "yes" } else { "-" });
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn who_changes_what_is_in_an_environment() {
        let sandbox = Environments { production: false, sandbox: true };
        let changes = |role: Role, environment| role.changes(sandbox, environment);
        assert!(changes(Role::Operator, Environment::Sandbox) && !changes(Role::Owner, Environment::Production));
        assert!(!changes(Role::Auditor, Environment::Sandbox));
    }

    #[test]
    fn nobody_raises_another_above_himself() {
        assert!(Role::Owner.may_give(Role::Owner));
        assert!(!Role::Admin.may_give(Role::Owner));
        assert!(Role::Admin.may_give(Role::Admin));
        assert!(!Role::Operator.may_give(Role::Auditor));
    }
}
