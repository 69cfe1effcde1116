//! Messages to a Team's own services: to whom, for how long, and when they are tried again.

use chrono::Duration;

use crate::{Environment, Time, egress::lists};

/// The old secret signs beside the new one for so long, so that a receiver is changed over without a gap.
pub const OVERLAP: Duration = Duration::hours(24);
/// The waits after each failed try; then the message is given up.
pub const WAITS_S: [i64; 6] = [10, 60, 600, 3_600, 21_600, 43_200];
/// So long at most messages go into a tunnel.
pub const TUNNEL_MOST: Duration = Duration::days(7);

/// Services that lead from the Internet to somebody's own machine, by what their hosts end with.
const TUNNELS: [&str; 26] = [
    "*.ngrok.io",
    "*.ngrok.app",
    "*.ngrok.dev",
    "*.ngrok-free.app",
    "*.ngrok-free.dev",
    "*.trycloudflare.com",
    "*.loca.lt",
    "*.localtunnel.me",
    "*.serveo.net",
    "*.localhost.run",
    "*.lhr.life",
    "*.lhrtunnel.link",
    "*.tunnelmole.net",
    "*.pagekite.me",
    "*.devtunnels.ms",
    "*.telebit.io",
    "*.bore.pub",
    "*.ts.net",
    "*.cfargotunnel.com",
    "*.pinggy.io",
    "*.pinggy.link",
    "*.loclx.io",
    "*.zrok.io",
    "*.srv.us",
    "*.expose.sh",
    "*.sharedwithexpose.com",
];

/// Whether messages to this host end on somebody's own machine.
pub fn is_tunnel(host: &str) -> bool {
    TUNNELS.iter().any(|pattern| lists(pattern, host))
}

/// Why a webhook may not go to an address that the list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("a tunnel is for the sandbox only")]
    TunnelInProduction,
    #[error("a tunnel needs an end, within seven days")]
    TunnelWithoutEnd,
    #[error("the end is over already")]
    Over,
}

/// Whether messages of an environment may go to a host until an end. Alerts count as production's.
pub fn fits(host: &str, environment: Environment, ends_at: Option<Time>, now: Time) -> Result<(), Unfit> {
    if ends_at.is_some_and(|end| end <= now) {
        return Err(Unfit::Over);
    }
    if !is_tunnel(host) {
        return Ok(());
    }
    match (environment, ends_at) {
        (Environment::Production, _) => Err(Unfit::TunnelInProduction),
        (Environment::Sandbox, Some(end)) if end <= now + TUNNEL_MOST => Ok(()),
        (Environment::Sandbox, _) => Err(Unfit::TunnelWithoutEnd),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tunnel_is_for_the_sandbox_and_for_a_week() {
        let now = Time::UNIX_EPOCH;
        let in_days = |days: i64| Some(now + Duration::days(days));
        let (sandbox, production) = (Environment::Sandbox, Environment::Production);
        for tunnel in ["a1b2.ngrok-free.app", "x.y.trycloudflare.com", "me.loca.lt", "a.zrok.io"] {
            assert_eq!(fits(tunnel, production, in_days(1), now), Err(Unfit::TunnelInProduction));
            assert_eq!(fits(tunnel, sandbox, None, now), Err(Unfit::TunnelWithoutEnd));
            assert_eq!(fits(tunnel, sandbox, in_days(8), now), Err(Unfit::TunnelWithoutEnd));
            assert_eq!(fits(tunnel, sandbox, in_days(7), now), Ok(()));
            assert_eq!(fits(tunnel, sandbox, in_days(0), now), Err(Unfit::Over));
        }
        let own = "hooks.example.com";
        assert_eq!((fits(own, production, None, now), fits(own, production, in_days(400), now)), (Ok(()), Ok(())));
        assert!(!is_tunnel("ngrok.io.example.com") && !is_tunnel("notngrok.io"));
    }
}
