use leptos::prelude::*;
use model::amazon::ClockLevel;

use super::Icon;
use crate::api::{Countdown, Moment};

/// A time in words; the absolute time on hover.
#[component]
pub fn At(moment: Moment) -> impl IntoView {
    view! { <time class="time" datetime=moment.iso title=moment.absolute>{moment.words}</time> }
}

/// A clock that runs out, growing louder.
#[component]
pub fn CountdownMeter(id: &'static str, label: &'static str, countdown: Countdown, note: &'static str) -> impl IntoView {
    let level = countdown.level;
    let words = countdown.words();
    let icon = match level {
        ClockLevel::Late => Some("cross"),
        ClockLevel::Soon => Some("warning"),
        ClockLevel::Calm => None,
    };
    view! {
        <div class="countdown" data-level=level.as_str()>
            <p id=id>{label} " " <strong>{icon.map(|name| view! { <Icon name/> })}{words}</strong></p>
            <meter min="0" max=countdown.of_days.to_string() value=countdown.days_left.max(0).to_string() aria-labelledby=id></meter>
            <p class="countdown-note">{if level == ClockLevel::Late { "Ended" } else { note }} " " <time datetime=countdown.ends.iso>{countdown.ends.absolute}</time></p>
        </div>
    }
}
