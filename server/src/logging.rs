//! Logs: JSON with request ids in production, readable lines in development. Bodies, addresses and secrets never enter.

use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, filter::filter_fn, fmt, prelude::*};

use crate::config::{Log, LogFormat};

/// Starts logging to standard error.
pub fn start(log: &Log) {
    let registry = tracing_subscriber::registry().with(filter(&log.filter)).with(filter_fn(tells_no_bodies));
    match log.format {
        LogFormat::Json => registry.with(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)).init(),
        LogFormat::Text => registry.with(fmt::layer().compact().with_writer(std::io::stderr)).init(),
    }
}

fn filter(text: &str) -> EnvFilter {
    EnvFilter::try_new(text).unwrap_or_else(|_| EnvFilter::new("info"))
}

/// The SDK of AWS and the HTTP libraries below it trace whole requests and answers, keys in them, whatever the filter asks for.
fn tells_no_bodies(of: &Metadata<'_>) -> bool {
    const TELL: [&str; 3] = ["aws_", "h2", "hyper"];
    *of.level() <= Level::INFO || !TELL.iter().any(|one| of.target().starts_with(one))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Notes what it was told.
    struct Told(Arc<Mutex<Vec<String>>>);

    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Told {
        fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
            self.0.lock().unwrap().push(format!("{} {}", event.metadata().level(), event.metadata().target()));
        }
    }

    #[test]
    fn no_filter_makes_libraries_tell_bodies() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let registry = tracing_subscriber::registry().with(filter("trace")).with(filter_fn(tells_no_bodies));
        tracing::subscriber::with_default(registry.with(Told(told.clone())), || {
            tracing::trace!(target: "aws_smithy_runtime::client::orchestrator", "a body");
            tracing::debug!(target: "aws_sdk_kms", "a body");
            tracing::debug!(target: "hyper_util::client", "headers");
            tracing::info!(target: "aws_config", "who asks");
            tracing::trace!(target: "backend", "a step");
        });
        assert_eq!(*told.lock().unwrap(), ["INFO aws_config", "TRACE backend"]);
    }
}
