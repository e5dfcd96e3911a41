//! Overload: what the server does when twice as many calls come as it can answer.
//!
//! First it is asked by a crowd that waits for its answers, which says what it can do; then a tenth of that comes at
//! random times, and then twice that. The server and its callers have processors of their own, where there are two.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::arrival::{Arrivals, Called, Crowded, End, Kind};
use super::process::Process;
use super::question::Calls;
use super::report::median;
use super::round::{self, Options};
use crate::company::Company;

/// The callers of the crowds: what the most was answered to is what the server can do. Of few the server waits for the
/// next call, and of many it may refuse some.
const CROWDS: [usize; 3] = [16, 64, 128];
/// What comes, as a part of what the server can do.
const UNLOADED: f64 = 0.1;
const OVERLOADED: f64 = 2.0;

/// What came of a load.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    offered: f64,
    answered: f64,
    /// Of all that came.
    refused_share: f64,
    refused_p50_us: f64,
    refused_p99_us: f64,
    p50_us: f64,
    p99_us: f64,
    check_p99_us: f64,
    batch_p99_us: f64,
    page_p99_us: f64,
    /// How late the callers were themselves.
    late_p99_us: f64,
    resident_mib: f64,
}

/// A round: what the server can do, and what it did.
struct Round {
    crowd: Crowded,
    unloaded: Figures,
    overloaded: Figures,
}

/// What was measured.
pub(super) struct Report {
    rounds: Vec<Round>,
    is_pinned: bool,
}

/// Starts a server, imports the company, and runs the rounds.
///
/// # Errors
/// The server can't be started, or a call ends otherwise than by an answer or a refusal.
pub(super) async fn run(
    options: &Options,
    folder: &Path,
    say: &mut (dyn FnMut(&str) -> Result<()> + Send),
) -> Result<Report> {
    let company = Company::new(options.size);
    let data = folder.join("data").display().to_string();
    let is_pinned = Process::pin_this()?;
    let server =
        Process::start_pinned(&["serve", "--data", &data, "--log", "warn"], &folder.join("server.sock"))?;
    say("importing the company")?;
    round::import(&server, &company).await?;
    let calls = Calls::new(&company, 1, &round::narrow(&server).await?);
    let arrivals = Arrivals::new(server.address(), &calls).await?;
    let mut rounds = Vec::new();
    for number in 0..=options.rounds {
        say(&format!("round {number} of {}", options.rounds))?;
        let crowd = most(&arrivals, options.time).await?;
        let sustained = crowd.answered;
        let unloaded = measure(&arrivals, &server, sustained * UNLOADED, options.time).await?;
        // A line is judged after a tenth of a second; what comes before is another state.
        arrivals.come(sustained * OVERLOADED, options.time / 4).await?;
        let overloaded = measure(&arrivals, &server, sustained * OVERLOADED, options.time).await?;
        if number > 0 {
            rounds.push(Round { crowd, unloaded, overloaded });
        }
    }
    arrivals.leave().await;
    server.stop()?;
    Ok(Report { rounds, is_pinned })
}

/// The crowd that was answered the most.
async fn most(arrivals: &Arrivals, time: Duration) -> Result<Crowded> {
    let mut most = Crowded::default();
    for at_once in CROWDS {
        let crowd = arrivals.crowd(at_once, time).await?;
        if crowd.answered > most.answered {
            most = crowd;
        }
    }
    Ok(most)
}

async fn measure(arrivals: &Arrivals, server: &Process, rate: f64, time: Duration) -> Result<Figures> {
    let called = arrivals.come(rate, time).await?;
    if let Some(code) =
        called.iter().find_map(|it| if let End::Failed(code) = it.end { Some(code) } else { None })
    {
        bail!("a call ended with {code:?}");
    }
    let answered = |kind: Option<Kind>| {
        latencies(&called, |it| it.end == End::Answered && kind.is_none_or(|kind| it.kind == kind))
    };
    let (all, refused) = (answered(None), latencies(&called, |it| it.end == End::Refused));
    #[expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]
    let (answers, refusals, calls) = (all.len() as f64, refused.len() as f64, called.len() as f64);
    #[expect(clippy::cast_precision_loss, reason = "bytes of this machine's memory")]
    let resident = server.resident_bytes()? as f64;
    Ok(Figures {
        offered: calls / time.as_secs_f64(),
        answered: answers / time.as_secs_f64(),
        refused_share: refusals / calls,
        refused_p50_us: quantile(&refused, 0.5),
        refused_p99_us: quantile(&refused, 0.99),
        p50_us: quantile(&all, 0.5),
        p99_us: quantile(&all, 0.99),
        check_p99_us: quantile(&answered(Some(Kind::Check)), 0.99),
        batch_p99_us: quantile(&answered(Some(Kind::Batch)), 0.99),
        page_p99_us: quantile(&answered(Some(Kind::Page)), 0.99),
        late_p99_us: quantile(&sorted(called.iter().map(|it| it.lateness)), 0.99),
        resident_mib: resident / 1_048_576.0,
    })
}

fn latencies(called: &[Called], is_wanted: impl Fn(&Called) -> bool) -> Vec<Duration> {
    sorted(called.iter().filter(|it| is_wanted(it)).map(|it| it.latency))
}

fn sorted(times: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    times
}

/// In microseconds; zero where there is nothing.
fn quantile(sorted: &[Duration], q: f64) -> f64 {
    round::quantile(sorted, q).as_secs_f64() * 1e6
}

impl Report {
    fn figures(&self, which: fn(&Round) -> &Figures) -> Figures {
        let of = |field: fn(&Figures) -> f64| median(self.rounds.iter().map(|round| field(which(round))));
        Figures {
            offered: of(|it| it.offered),
            answered: of(|it| it.answered),
            refused_share: of(|it| it.refused_share),
            refused_p50_us: of(|it| it.refused_p50_us),
            refused_p99_us: of(|it| it.refused_p99_us),
            p50_us: of(|it| it.p50_us),
            p99_us: of(|it| it.p99_us),
            check_p99_us: of(|it| it.check_p99_us),
            batch_p99_us: of(|it| it.batch_p99_us),
            page_p99_us: of(|it| it.page_p99_us),
            late_p99_us: of(|it| it.late_p99_us),
            resident_mib: of(|it| it.resident_mib),
        }
    }

    /// How much longer the slowest hundredth of the answers takes under overload.
    fn p99_ratio(&self) -> f64 {
        median(self.rounds.iter().map(|it| it.overloaded.p99_us / it.unloaded.p99_us))
    }

    fn sustained(&self) -> f64 {
        median(self.rounds.iter().map(|it| it.crowd.answered))
    }

    /// How much of the crowd was refused, a second.
    fn crowd_refused(&self) -> f64 {
        median(self.rounds.iter().map(|it| it.crowd.refused))
    }

    /// The report for programs.
    pub(super) fn to_json(&self) -> Value {
        let row = |it: &Figures| {
            json!({
                "offered_per_second": it.offered, "answered_per_second": it.answered,
                "refused_share": it.refused_share, "refused_p50_us": it.refused_p50_us,
                "refused_p99_us": it.refused_p99_us, "p50_us": it.p50_us, "p99_us": it.p99_us,
                "check_p99_us": it.check_p99_us, "batch_p99_us": it.batch_p99_us, "page_p99_us": it.page_p99_us,
                "late_p99_us": it.late_p99_us, "resident_mib": it.resident_mib,
            })
        };
        json!({
            "is_pinned": self.is_pinned,
            "sustained_per_second": self.sustained(),
            "refused_of_crowd_per_second": self.crowd_refused(),
            "unloaded": row(&self.figures(|it| &it.unloaded)),
            "overloaded": row(&self.figures(|it| &it.overloaded)),
            "p99_ratio": self.p99_ratio(),
        })
    }

    /// The report for people: a table in Markdown.
    pub(super) fn to_table(&self) -> String {
        let mut text = String::from(
            "| load | calls/s | answered/s | refused | refused after, p50 us | p99 us | answered after, p50 us | p99 us \
             | check p99 us | batch p99 us | page p99 us | callers late, p99 us | resident MiB |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        );
        for (name, it) in
            [("a tenth", self.figures(|it| &it.unloaded)), ("twice", self.figures(|it| &it.overloaded))]
        {
            // Writing to a text doesn't fail.
            let _ = writeln!(
                text,
                "| {name} | {:.0} | {:.0} | {:.1} % | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} |",
                it.offered,
                it.answered,
                it.refused_share * 100.0,
                it.refused_p50_us,
                it.refused_p99_us,
                it.p50_us,
                it.p99_us,
                it.check_p99_us,
                it.batch_p99_us,
                it.page_p99_us,
                it.late_p99_us,
                it.resident_mib,
            );
        }
        let pinned = if self.is_pinned { "on processors of their own" } else { "on the same processors" };
        // As above.
        let _ = write!(
            text,
            "\nserver and callers {pinned}; sustained {:.0} calls/s ({:.0} refused); p99 of what is answered at twice that: \
             {:.2} of the unloaded one; latencies count from the moment at which a call was due\n",
            self.sustained(),
            self.crowd_refused(),
            self.p99_ratio(),
        );
        text
    }
}
