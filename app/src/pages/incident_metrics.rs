use leptos::prelude::*;
use leptos_meta::Title;
use model::{
    counted,
    incident::metrics::{Mean, Metric, words},
};

use super::team;
use crate::{
    api::metrics::{MetricsDetail, MetricsRow, incident_metrics},
    components::{Crumbs, EmptyState, Notice, PageHeader, loaded},
};

/// How fast incidents are noticed, answered, contained and over.
#[component]
pub fn IncidentMetricsPage() -> impl IntoView {
    let team = team();
    view! {
        <Title text="Incident metrics"/>
        <Crumbs home=format!("/teams/{team}/incidents") place="Incidents" here="Metrics"/>
        <PageHeader title="Incident metrics" lead="How fast incidents are noticed, answered, contained and over. Drills stand apart."/>
        {loaded(incident_metrics(team), move |all| view! { <Page all/> }.into_any())}
    }
}

#[component]
fn Page(all: MetricsDetail) -> impl IntoView {
    let Some(total) = all.all.clone() else {
        let drills = all.drills.map(|row| view! { <Figures title="Drills" rows=vec![row]/> });
        return view! {
            <Checked asked=all.asked disputed=all.disputed/>
            <EmptyState icon="shield" title="No incident yet" text="Figures are of incidents that were neither dismissed nor merged."/>
            {drills}
        }
        .into_any();
    };
    let plots =
        all.metrics.iter().enumerate().map(|(n, metric)| view! { <Plot metric=*metric n months=all.months.clone()/> });
    let plots = plots.collect_view();
    view! {
        <Checked asked=all.asked disputed=all.disputed/>
        <Figures title="All incidents" rows=vec![total]/>
        <section class="card" aria-labelledby="plots-h">
            <h2 id="plots-h">"By the month of their detection"</h2>
            <div class="plots">{plots}</div>
        </section>
        <Figures title="By severity" rows=all.by_severity/>
        <Figures title="By kind" rows=all.by_kind/>
        {all.drills.map(|row| view! { <Figures title="Drills" rows=vec![row]/> })}
    }
    .into_any()
}

/// The figures were made once more from the log: it tells the same, or it does not.
#[component]
fn Checked(asked: usize, disputed: Vec<String>) -> impl IntoView {
    if disputed.is_empty() {
        let words = counted(asked, "incident");
        return view! { <p class="muted">"Made once more from the log of "{words}": no difference."</p> }.into_any();
    }
    let text = format!(
        "The log tells another course of {}. Hold them against the log before you trust these figures.",
        disputed.join(", ")
    );
    view! { <Notice tone="danger" title="The log tells otherwise">{text}</Notice> }.into_any()
}

fn cell(mean: Option<Mean>) -> AnyView {
    match mean {
        None => view! { <span class="muted">"not yet"</span> }.into_any(),
        Some(mean) => {
            let more =
                if mean.of == 1 { "of 1".to_owned() } else { format!("of {}, longest {}", mean.of, words(mean.longest_s)) };
            view! { <strong>{words(mean.mean_s)}</strong><span class="cell-sub">{more}</span> }.into_any()
        }
    }
}

#[component]
fn Figures(title: &'static str, rows: Vec<MetricsRow>) -> impl IntoView {
    let head = Metric::ALL
        .iter()
        .map(|metric| view! { <th scope="col"><abbr title=metric.meaning()>{metric.title()}</abbr></th> })
        .collect_view();
    let rows = rows
        .into_iter()
        .map(|row| {
            let cells = Metric::ALL
                .iter()
                .zip(row.means)
                .map(|(metric, mean)| view! { <td data-label=metric.title()>{cell(mean)}</td> })
                .collect_view();
            view! { <tr><th scope="row">{row.label}</th>{cells}</tr> }
        })
        .collect_view();
    let id = format!("{}-h", title.to_lowercase().replace(' ', "-"));
    view! {
        <section class="stack" aria-labelledby=id.clone()>
            <h2 id=id.clone()>{title}</h2>
            <div class="card card-flush"><div class="table-wrap"><table class="table">
                <caption class="visually-hidden">{title}</caption>
                <thead><tr><th scope="col">"Of"</th>{head}</tr></thead>
                <tbody>{rows}</tbody>
            </table></div></div>
        </section>
    }
}

const WIDTH: i64 = 240;
const HEIGHT: i64 = 80;

/// A bar a month; the same in words for those who do not see it.
#[component]
fn Plot(metric: Metric, n: usize, months: Vec<MetricsRow>) -> impl IntoView {
    let values: Vec<_> = months.iter().map(|row| (row.label.clone(), row.means.get(n).copied().flatten())).collect();
    let most = values.iter().filter_map(|(_, mean)| mean.map(|mean| mean.mean_s)).max().unwrap_or(0).max(1);
    let told: Vec<_> =
        values.iter().filter_map(|(label, mean)| mean.map(|mean| format!("{label}: {}", words(mean.mean_s)))).collect();
    let highest = if told.is_empty() { "nothing yet".to_owned() } else { format!("at most {}", words(most)) };
    let told = if told.is_empty() { "nothing yet".to_owned() } else { told.join(", ") };
    let step = WIDTH / i64::try_from(values.len()).unwrap_or(1).max(1);
    let bars = values
        .iter()
        .zip(0i64..)
        .filter_map(|((label, mean), place)| {
            let mean = (*mean)?;
            let tall = (mean.mean_s * HEIGHT / most).clamp(2, HEIGHT);
            let title = format!("{label}: {} ({})", words(mean.mean_s), mean.of);
            Some(view! {
                <rect class="bar" x=(place * step + 2).to_string() y=(HEIGHT - tall).to_string() width=(step - 4).to_string() height=tall.to_string()><title>{title}</title></rect>
            })
        })
        .collect_view();
    let (first, last) = (values.first().map(|(label, _)| label.clone()), values.last().map(|(label, _)| label.clone()));
    view! {
        <figure class="plot">
            <figcaption><strong>{metric.title()}</strong><span class="cell-sub">{metric.meaning()}</span></figcaption>
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=format!("{} by month: {told}", metric.title()) preserveAspectRatio="none">
                <line class="axis" x1="0" y1=HEIGHT.to_string() x2=WIDTH.to_string() y2=HEIGHT.to_string()></line>
                {bars}
            </svg>
            <p class="row small muted"><span>{first}</span><span>{highest}</span><span>{last}</span></p>
        </figure>
    }
}
