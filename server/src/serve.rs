//! Listening, and stopping without losing a request.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use backend::{
    Portal,
    audit::Recorder,
    credentials::{Credentials, Flights, Limits},
    jobs,
    store::rate_limit,
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{
    config::{Config, Limit, Role},
    metrics, routes,
    web::Site,
};

/// Serves every role of the configuration until the process is told to stop.
pub async fn run(config: Config, portal: Portal) -> io::Result<()> {
    let config = Arc::new(config);
    let handle = metrics::install();
    let (stop, stopping) = watch::channel(false);
    let mut servers = JoinSet::new();
    let credentials = credentials(&config, &portal);
    let gateway = |alone| routes::gateway(&config, credentials.clone(), alone);
    let mut main = Router::new().merge(metrics::health(portal.clone(), config.is_https()));
    if config.has(Role::Gateway) {
        match config.gateway_listen {
            Some(listen) => serve(&mut servers, listen, gateway(true), &stopping).await?,
            None => main = main.merge(gateway(false)),
        }
    }
    if config.has(Role::Web) {
        let site = Site::load(&config.site_dir)?;
        main = main.merge(routes::web(&config, &portal, site));
    }
    if config.has(Role::Web) || (config.has(Role::Gateway) && config.gateway_listen.is_none()) {
        serve(&mut servers, config.listen, main, &stopping).await?;
    }
    if let Some(listen) = config.metrics_listen {
        serve(&mut servers, listen, metrics::router(portal.clone(), handle), &stopping).await?;
    }
    let workers = config.has(Role::Worker).then(|| jobs::start(&portal));
    tracing::info!(roles = ?config.roles, "Portal is ready");
    stopped().await;
    tracing::info!("stopping");
    drop(workers);
    let _ = stop.send(true);
    let finished = async { while servers.join_next().await.is_some() {} };
    if tokio::time::timeout(Duration::from_secs(config.shutdown_grace_s), finished).await.is_err() {
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
        recorder: Recorder::start(portal.db.clone(), portal.clock.clone()),
        flights: Flights::default(),
        limits: Limits {
            key: limit(config.limits.key),
            connection: limit(config.limits.connection),
            team: limit(config.limits.team),
        },
    }
}

async fn serve(
    servers: &mut JoinSet<()>,
    listen: SocketAddr,
    router: Router,
    stopping: &watch::Receiver<bool>,
) -> io::Result<()> {
    let listener = TcpListener::bind(listen).await?;
    let mut stopping = stopping.clone();
    servers.spawn(async move {
        let stop = async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stop).await {
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
