//! What is logged while somebody listens.

use std::{
    io::{self, Write},
    sync::{Arc, LazyLock, Mutex},
};

use tracing_subscriber::{
    filter::LevelFilter,
    fmt::{self, MakeWriter, format::FmtSpan},
    prelude::*,
    reload,
};

/// All that was logged while somebody listened, at TRACE.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

struct Ear {
    log: Log,
    level: reload::Handle<LevelFilter, tracing_subscriber::Registry>,
    listeners: Mutex<usize>,
}

/// One for the whole binary: requests are answered on many threads. Other tests log into it too while it listens.
static EAR: LazyLock<Ear> = LazyLock::new(|| {
    let log = Log::default();
    let (filter, level) = reload::Layer::new(LevelFilter::TRACE);
    let lines = fmt::layer().with_ansi(false).with_span_events(FmtSpan::NEW | FmtSpan::CLOSE).with_writer(log.clone());
    tracing_subscriber::registry().with(filter).with(lines).init();
    Ear { log, level, listeners: Mutex::new(0) }
});

/// Listens until it is dropped.
pub(super) struct Listening;

impl Listening {
    pub(super) fn start() -> Self {
        Self::turn(1, LevelFilter::TRACE);
        Self
    }

    fn turn(by: isize, level: LevelFilter) {
        let mut listeners = EAR.listeners.lock().unwrap();
        *listeners = listeners.checked_add_signed(by).unwrap();
        if *listeners == 0 || by > 0 {
            EAR.level.reload(level).unwrap();
        }
        if *listeners == 0 {
            EAR.log.0.lock().unwrap().clear();
        }
    }

    pub(super) fn heard(&self) -> Vec<u8> {
        EAR.log.0.lock().unwrap().clone()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        Self::turn(-1, LevelFilter::OFF);
    }
}
