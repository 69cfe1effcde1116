//! Who plays in the demonstration, and what they have. Nothing here opens anything real.

use model::{Environments, Role};

use crate::simulator::known::{APPS, App, SANDBOX_SELLER, SELLERS, Seller};

/// A Team of the demonstration.
pub struct Company {
    pub name: &'static str,
    /// Beside the owner; with the company that a contractor works for.
    pub members: &'static [(&'static str, Role, Environments, Option<&'static str>)],
    /// The app, and how many days old its client secret is at the end.
    pub apps: &'static [(App, i64)],
    pub accounts: &'static [Account],
    /// Connections for the Advertising API: names, and places in the list of the simulator's first advertiser.
    pub profiles: &'static [(&'static str, usize)],
    pub services: &'static [Service],
}

/// A connection, through the app that its seller consented to.
pub struct Account {
    pub name: &'static str,
    pub seller: Seller,
    pub marketplace: &'static str,
}

/// A gateway and what it does all day.
pub struct Service {
    pub name: &'static str,
    /// Numbers of the accounts above; the first says the environment.
    pub uses: &'static [usize],
    pub purpose: &'static str,
    /// Hours between two rounds; nothing for one that never calls.
    pub every_h: Option<i64>,
    pub networks: &'static str,
    pub address: &'static str,
    pub agent: &'static str,
}

const PRODUCTION: Environments = Environments { production: true, sandbox: false };
const SANDBOX: Environments = Environments { production: false, sandbox: true };

pub const COMPANIES: [Company; 2] = [
    Company {
        name: "Nordlicht Trading",
        members: &[
            ("bob@nordlicht.example", Role::Admin, Environments::BOTH, None),
            ("carol@nordlicht.example", Role::Operator, PRODUCTION, None),
            ("dan@contractor.example", Role::Operator, SANDBOX, Some("Keel & Sons")),
            ("erin@audit.example", Role::Auditor, Environments::BOTH, None),
        ],
        apps: &[(APPS[0], 40), (APPS[1], 40), (APPS[2], 40)],
        accounts: &[
            Account { name: "Nordlicht Germany", seller: SELLERS[0], marketplace: "DE" },
            Account { name: "Nordlicht sandbox", seller: SANDBOX_SELLER, marketplace: "DE" },
        ],
        profiles: &[("Nordlicht Germany ads", 0), ("Nordlicht France ads", 1)],
        services: &[
            Service {
                name: "orders-sync",
                uses: &[0],
                purpose: "orders-sync nightly and hourly",
                every_h: Some(1),
                networks: "203.0.113.0/24",
                address: "203.0.113.17",
                agent: "orders-sync/2.4 python-requests/2.32",
            },
            Service {
                name: "price-agent",
                uses: &[0],
                purpose: "repricing round",
                every_h: Some(3),
                networks: "",
                address: "198.51.100.40",
                agent: "price-agent/0.9 node/22",
            },
            Service {
                name: "sandbox-tests",
                uses: &[1],
                purpose: "contract tests",
                every_h: Some(24),
                networks: "",
                address: "192.0.2.88",
                agent: "pytest/8.3",
            },
            Service {
                name: "old-warehouse",
                uses: &[0],
                purpose: "",
                every_h: None,
                networks: "",
                address: "192.0.2.90",
                agent: "",
            },
        ],
    },
    Company {
        name: "Harbour & Pine Agency",
        members: &[
            ("frank@harbourpine.example", Role::Admin, Environments::BOTH, None),
            ("grace@harbourpine.example", Role::Operator, Environments::BOTH, None),
        ],
        // Ten days are left to rotate it.
        apps: &[(APPS[0], 170)],
        accounts: &[
            Account { name: "Maple & Main US", seller: SELLERS[1], marketplace: "US" },
            Account { name: "Hikari Teahouse Japan", seller: SELLERS[2], marketplace: "JP" },
            Account { name: "Maison Verte France", seller: SELLERS[3], marketplace: "FR" },
            Account { name: "Cedar Ridge US", seller: SELLERS[4], marketplace: "US" },
            Account { name: "Sakura Stationery Japan", seller: SELLERS[5], marketplace: "JP" },
        ],
        profiles: &[],
        services: &[
            Service {
                name: "inventory-hub",
                uses: &[0, 1, 2, 3, 4],
                purpose: "inventory snapshot",
                every_h: Some(4),
                networks: "198.51.100.0/25",
                address: "198.51.100.12",
                agent: "inventory-hub/5.1 java/21",
            },
            Service {
                name: "reports-agent",
                uses: &[0, 2, 3],
                purpose: "weekly sales report",
                every_h: Some(24),
                networks: "",
                address: "203.0.113.200",
                agent: "reports-agent/1.2 go/1.25",
            },
        ],
    },
];
