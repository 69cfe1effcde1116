//! Listening, and stopping without losing a request.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use axum_server::{Control, Handle, accept::NoDelayAcceptor};
use backend::{
    Portal,
    audit::{CheckpointKey, LastHead, Recorder, Sequencer},
    credentials::{Credentials, Flights, Limits},
    egress, jobs, keys,
    store::rate_limit,
};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    checkpoints::Outlets,
    config::{Config, Limit, Role},
    drill, metrics, routes, start, tiles,
    web::{Live, Site},
};

/// A new client says what it wants within this, or its place is given to another.
const HEAD_PATIENCE: Duration = Duration::from_secs(15);
/// An answered client may stay silent for this: longer than the 60 s after which proxies let go of theirs, so that
/// none sends a request into a connection that Portal is closing.
const IDLE_PATIENCE: Duration = Duration::from_secs(75);

/// Serves every role of the configuration until the process is told to stop. `key`: for the role `worker`.
pub async fn run(config: Config, portal: Portal, key: Option<(CheckpointKey, LastHead)>) -> io::Result<()> {
    let (config, key) = match portal.settings.copy_of {
        None => (config, key),
        Some(made_at) => {
            tracing::warn!(%made_at, "this database is a restored copy: pages alone are served, until `portal promote`");
            let roles = config.roles.iter().copied().filter(|role| *role == Role::Web).collect();
            (Config { roles, ..config }, None)
        }
    };
    let config = Arc::new(config);
    let handle = metrics::install();
    let listeners = Control::new();
    let mut servers = JoinSet::new();
    let live = Live::default();
    let credentials = credentials(&config, &portal);
    let gateway = |alone| routes::gateway(&config, credentials.clone(), alone);
    let mut main = Router::new().merge(metrics::health(portal.clone(), config.is_https()));
    if config.has(Role::Gateway) {
        match config.gateway_listen {
            Some(listen) => serve(&mut servers, listen, gateway(true), &listeners).await?,
            None => main = main.merge(gateway(false)),
        }
    }
    if config.has(Role::Web) {
        let site = Site::load(&config.site_dir)?;
        main = main.merge(routes::web(&config, &portal, site, live.clone()));
    }
    if config.has(Role::Web) || (config.has(Role::Gateway) && config.gateway_listen.is_none()) {
        serve(&mut servers, config.listen, main, &listeners).await?;
    }
    if let Some(listen) = config.metrics_listen {
        let verifier = key.as_ref().map(|(key, _)| key.verifier().to_owned());
        let log = tiles::Log { portal: portal.clone(), verifier, witnesses: config.witnesses.clone() };
        let router = metrics::router(portal.clone(), handle).merge(tiles::router(log));
        serve(&mut servers, listen, router, &listeners).await?;
    }
    // Whoever signs no heads sends none.
    let outlets = match &key {
        Some(_) => start::outlets(&config, &portal.egress).map_err(io::Error::other)?,
        None => Outlets::default(),
    };
    // Each process notes what was refused to itself.
    let refreshing = tokio::spawn(jobs::every(Duration::from_secs(60), portal.clone(), "keys", keys::refresh));
    let asking = (portal.clone(), Arc::default());
    let watching = tokio::spawn(jobs::every(Duration::from_secs(5), asking, "key_service", keys::watch));
    let noting = tokio::spawn(jobs::every(Duration::from_secs(5), portal.clone(), "egress", egress::note));
    let workers = key.map(|(key, last)| {
        let mut workers = jobs::start(&portal, Sequencer { portal: portal.clone(), key, last: last.clone() });
        workers.spawn(jobs::every(Duration::from_secs(5), portal.clone(), "drills", drill::run_asked));
        if !outlets.are_none() {
            let publish = |(outlets, portal, last): (Arc<Outlets>, Portal, LastHead)| async move {
                outlets.publish(&portal, &last).await
            };
            let handles = (Arc::new(outlets), portal.clone(), last);
            workers.spawn(jobs::every(Duration::from_secs(15), handles, "checkpoints", publish));
        }
        workers
    });
    tracing::info!(roles = ?config.roles, "Portal is ready");
    stopped().await;
    tracing::info!("stopping");
    drop(workers);
    refreshing.abort();
    watching.abort();
    noting.abort();
    let noted = tokio::time::timeout(Duration::from_secs(5), egress::note_all(&portal)).await;
    if !matches!(noted, Ok(Ok(()))) {
        tracing::error!("refused connections could not be recorded");
    }
    live.end();
    let grace = Duration::from_secs(config.shutdown_grace_s);
    listeners.graceful_shutdown(Some(grace));
    let since = tokio::time::Instant::now();
    while servers.join_next().await.is_some() {}
    if since.elapsed() >= grace {
        tracing::warn!("some requests did not finish in time");
    }
    Ok(())
}

/// The handles of the gateway route.
pub fn credentials(config: &Config, portal: &Portal) -> Credentials {
    let limit = |limit: Limit| rate_limit::Limit {
        burst: i32::from(limit.burst),
        every: chrono::Duration::microseconds(1_000_000 / i64::from(limit.per_second.max(1))),
    };
    Credentials {
        portal: portal.clone(),
        recorder: Recorder::start(portal),
        flights: Flights::default(),
        limits: Limits {
            key: limit(config.limits.key),
            connection: limit(config.limits.connection),
            team: limit(config.limits.team),
        },
    }
}

async fn serve(servers: &mut JoinSet<()>, listen: SocketAddr, router: Router, listeners: &Control) -> io::Result<()> {
    let taken = |error: io::Error| io::Error::new(error.kind(), format!("cannot listen on {listen}: {error}"));
    let listener = TcpListener::bind(listen).await.map_err(taken)?.into_std()?;
    let mut server = axum_server::from_tcp(listener)?
        .acceptor(NoDelayAcceptor::new())
        .handle(Handle::with_control(listeners.clone()))
        .first_request_timeout(HEAD_PATIENCE);
    server.http_builder().http1().header_read_timeout(IDLE_PATIENCE);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    servers.spawn(async move {
        if let Err(error) = server.serve(service).await {
            tracing::error!(%error, "a listener ended");
        }
    });
    Ok(())
}

/// Returns at SIGINT or SIGTERM.
pub async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = match signal(SignalKind::terminate()) {
        Ok(terminate) => terminate,
        Err(_) => return std::future::pending().await,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
