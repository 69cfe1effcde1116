use std::{path::PathBuf, sync::Arc};

use backend::{
    Clock, Cx, Mode, Portal, TeamScope, access,
    amazon::Amazon,
    audit::Recorder,
    credentials::{self, Credentials, Flights, IssueRequest, Limits, Origin},
    egress::Egress,
    mail::Mailer,
    portal::{Settings, SignUp},
    random,
    store::Db,
    vault::{KeyFile, Vault},
    webhooks::Hooks,
};
use chrono::Duration;
use migrations::MigratorTrait;
use model::{Permission, credential::Ask};
use tokio::{net::TcpListener, sync::oneshot};

use super::Done;
use crate::{
    demo::{
        Stage, Worker,
        cast::{Account, Company, Service},
    },
    simulator::{
        self, Simulator,
        known::{APPS, SANDBOX_SELLER},
    },
};

static COMPANY: Company = Company {
    name: "Drill",
    members: &[],
    apps: &[(APPS[1], 45)],
    accounts: &[Account { name: "Sandbox account", seller: SANDBOX_SELLER, marketplace: "DE" }],
    profiles: &[],
    services: &[Service {
        name: "drill-service",
        uses: &[0],
        purpose: "drill",
        every_h: None,
        networks: "",
        address: "192.0.2.1",
        agent: "",
    }],
};

/// Where a rehearsal is held: a Portal with one Team, one sandbox account and one gateway. Gone when it is dropped.
pub(super) struct Ground {
    pub stage: Stage,
    pub amazon: Simulator,
    /// The owner, with a fresh proof.
    pub owner: Cx,
    pub scope: TeamScope,
    pub worker: Worker,
    credentials: Credentials,
    _stop: oneshot::Sender<()>,
    _folder: Folder,
}

/// A folder that is gone when it is dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // Whatever is left holds nothing that opens anything.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Ground {
    pub async fn new() -> Done<Self> {
        use std::os::unix::fs::DirBuilderExt;
        // In the past, and turned to less than now: ids begin with their time, in the whole process.
        let clock = Clock::manual(Clock::system().now() - Duration::hours(6));
        let folder = std::env::temp_dir().join(format!("portal-drill-{}", random::id::<model::ids::DrillId>(clock.now())));
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let kept = Folder(folder.clone());
        let amazon = Simulator::new(clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(simulator::serve(listener, amazon.clone(), async { drop(stopped.await) }));
        let mailbox = folder.join("mail");
        let settings = Settings {
            mode: Mode::Development,
            sign_up: SignUp::Open,
            public_url: "http://drill.invalid".to_owned(),
            audit_retention_months: 13,
            proofs_dir: folder.join("proofs"),
            scratch_dir: std::env::temp_dir(),
            log_verifier: None,
            copy_of: None,
        };
        let simulator = format!("http://{address}").parse()?;
        let egress = Egress::development(Some(&simulator), None);
        let portal = Portal {
            db: Db::connect(&format!("sqlite://{}", folder.join("portal.db").display()), 4).await?,
            vault: Vault::new(KeyFile::create(&folder.join("keys"), clock.now())?),
            mailer: Mailer::folder(&mailbox)?,
            amazon: Amazon::new(&egress, Some(simulator)),
            hooks: Hooks::new(&egress),
            egress,
            clock: clock.clone(),
            settings: Arc::new(settings),
        };
        migrations::Migrator::up(portal.db.reader(), None).await?;
        let stage = Stage { portal: portal.clone(), mailbox, end: clock.now() };
        let founder = stage.person(&"drill@example.com".parse()?).await?;
        let mut workers = stage.company(&founder, &COMPANY).await?;
        let worker = workers.pop().ok_or("the Team has no gateway")?;
        let owner = stage.proved(&founder);
        let scope = access::enter(&owner, worker.team, Permission::RunIncidents).await?;
        let credentials = Credentials {
            portal: portal.clone(),
            recorder: Recorder::start(&portal),
            flights: Flights::default(),
            limits: Limits::default(),
        };
        Ok(Self { stage, amazon, owner, scope, worker, credentials, _stop: stop, _folder: kept })
    }

    /// A gateway asks for its credential; a fresh one, when an hour has gone by.
    pub async fn issue(&self) -> bool {
        let origin = Origin {
            request: random::id(self.stage.portal.clock.now()),
            address: self.worker.service.address.parse().ok(),
            agent: None,
        };
        let request = IssueRequest {
            team: self.worker.team,
            connection: self.worker.uses[0],
            ask: Ask::new(None, None, None),
            purpose: None,
        };
        credentials::issue(&self.credentials, &origin, Some(&self.worker.key), request).await.is_ok()
    }

    /// An hour goes by: the next issue asks Amazon.
    pub fn an_hour_later(&self) {
        self.stage.portal.clock.advance(Duration::minutes(61));
    }
}
