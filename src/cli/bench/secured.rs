//! What it costs to be secured: Check at a bare server, and at one with the same data that has TLS, knows its callers by
//! their tokens, logs each decision to a file and tells metrics, in interleaved rounds.
//!
//! The servers and their callers have processors of their own, where there are two, so that what TLS costs a caller isn't
//! counted as the server's.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};
use tonic::transport::{Certificate, ClientTlsConfig};

use super::load::{self, Place, Security, Shape};
use super::process::Process;
use super::question::Calls;
use super::report::{Figures, median, medians};
use super::round::{self, Case, Options, Transport};
use crate::caller::Token;
use crate::company::Company;

/// The name in the certificate.
const NAME: &str = "localhost";

/// What was measured.
pub(super) struct Report {
    bare: Vec<Figures>,
    secured: Vec<Figures>,
    is_pinned: bool,
}

/// Starts both servers, imports the company, and runs the rounds.
///
/// # Errors
/// A server can't be started, or a call fails.
pub(super) async fn run(
    options: &Options,
    folder: &Path,
    say: &mut (dyn FnMut(&str) -> Result<()> + Send),
) -> Result<Report> {
    let company = Company::new(options.size);
    let is_pinned = Process::pin_this()?;
    let (bare_data, secured_data) = (folder.join("bare"), folder.join("secured"));
    say("importing the company")?;
    let importing = start(&bare_data, &[], folder)?;
    round::import(&importing, &company).await?;
    let narrow = round::narrow(&importing).await?;
    importing.stop()?;
    copy(&bare_data, &secured_data)?;
    let (flags, security) = secure(folder)?;
    let bare = start(&bare_data, &[], folder)?;
    let secured = start(&secured_data, &flags, folder)?;
    let places = [round::place(&bare), Place { security: Some(security), ..round::place(&secured) }];
    let calls = Arc::new(Calls::new(&company, 1, &narrow));
    let shape = Shape { connections: options.connections, in_flight: options.in_flight, time: options.time };
    let mut report = Report { bare: Vec::new(), secured: Vec::new(), is_pinned };
    for number in 0..=options.rounds {
        say(&format!("round {number} of {}", options.rounds))?;
        let sides = [(&bare, &mut report.bare), (&secured, &mut report.secured)];
        for ((process, figures), place) in sides.into_iter().zip(&places) {
            let before = process.cpu()?;
            let sample = load::run(place, Transport::Tcp, Case::Stored, &calls, shape).await?;
            let cpu = process.cpu()?.saturating_sub(before);
            // The first round warms both up.
            if number > 0 {
                figures.push(round::figures_of(&sample, Some(cpu)));
            }
        }
    }
    bare.stop()?;
    secured.stop()?;
    Ok(report)
}

fn start(data: &Path, flags: &[String], folder: &Path) -> Result<Process> {
    let data_text = data.display().to_string();
    let mut arguments = vec!["serve", "--log", "warn", "--data", &data_text];
    arguments.extend(flags.iter().map(String::as_str));
    let name = data.file_name().context("the directory has a name")?;
    Process::start_pinned(&arguments, &folder.join(name).with_extension("sock"))
}

/// Everything on: the flags of the server, and what its callers need.
fn secure(folder: &Path) -> Result<(Vec<String>, Security)> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([NAME.to_owned()])?;
    let token = Token::random();
    let callers = format!("[[caller]]\nname = \"bench\"\ntokens = [\"{}\"]\n", token.hash());
    let log = folder.join("decisions").display().to_string();
    let mut flags = ["--metrics-listen", "127.0.0.1:0", "--decision-log", &log].map(str::to_owned).to_vec();
    for (flag, file, text) in [
        ("--tls-cert", "cert.pem", cert.pem()),
        ("--tls-key", "key.pem", signing_key.serialize_pem()),
        ("--callers", "callers.toml", callers),
    ] {
        let file = folder.join(file);
        fs::write(&file, text)?;
        flags.extend([flag.to_owned(), file.display().to_string()]);
    }
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(cert.pem())).domain_name(NAME);
    Ok((flags, Security { tls, header: format!("Bearer {}", token.secret()).parse()? }))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

impl Report {
    /// The median over the rounds of secured to bare.
    fn ratio(&self, of: fn(&Figures) -> f64) -> f64 {
        median(self.secured.iter().zip(&self.bare).map(|(secured, bare)| of(secured) / of(bare)))
    }

    /// The report for programs.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "is_pinned": self.is_pinned,
            "rounds": self.bare.len(),
            "bare": medians(&self.bare).to_json(),
            "secured": medians(&self.secured).to_json(),
            "throughput_ratio": self.ratio(|it| it.items_per_second),
            "p99_ratio": self.ratio(|it| it.p99_us),
            "cpu_ratio": self.ratio(|it| it.cpu_us_per_call),
        })
    }

    /// The report for people: a table in Markdown.
    pub(super) fn to_table(&self) -> String {
        let mut text = String::from(
            "| Check, stored, over TCP | calls/s | p50 us | p99 us | CPU us/call |\n| --- | ---: | ---: | ---: | ---: |\n",
        );
        for (name, it) in [("bare", medians(&self.bare)), ("secured", medians(&self.secured))] {
            // Writing to a text doesn't fail.
            let _ = writeln!(
                text,
                "| {name} | {:.0} | {:.0} | {:.0} | {:.1} |",
                it.calls_per_second, it.p50_us, it.p99_us, it.cpu_us_per_call,
            );
        }
        let pinned = if self.is_pinned { "on processors of their own" } else { "on the same processors" };
        // As above.
        let _ = write!(
            text,
            "\nservers and callers {pinned}; medians of {} rounds; secured to bare: {:.2} of the rate, {:.2} of the \
             processor time\n",
            self.bare.len(),
            self.ratio(|it| it.items_per_second),
            self.ratio(|it| it.cpu_us_per_call),
        );
        text
    }
}
