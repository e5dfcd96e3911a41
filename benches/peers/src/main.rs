//! Dopusk beside Cerbos, Cedar and Casbin: one company, the same questions, every answer checked before any is timed.
//!
//!     cargo run --release --manifest-path benches/peers/Cargo.toml -- --bundle FILE --questions FILE
//!
//! Measures how many `read` decisions on crm types an engine makes. What a caller must gather and send for an engine
//! that keeps no directory is prepared before the clock starts, to the engine's favour. A wrong answer ends the run.

mod casbin;
mod cedar;
mod cerbos;
mod company;
mod dopusk;
mod measure;
mod oracle;
mod peer;
mod question;
mod report;
mod wire;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, ValueEnum};
use tokio::runtime::Runtime;

use crate::casbin::Casbin;
use crate::cedar::Cedar;
use crate::cerbos::{Cerbos, Server};
use crate::company::Company;
use crate::dopusk::Dopusk;
use crate::measure::{CONNECTIONS, Plan};
use crate::oracle::Oracle;
use crate::question::Question;
use crate::report::{Row, Table};

#[derive(Parser)]
struct Arguments {
    /// The company, in JSON Lines; without it `--generator` makes a small one.
    #[arg(long)]
    bundle: Option<PathBuf>,
    /// Questions in JSON Lines: user, type, id, and allow where the answer is known. Without it they are drawn.
    #[arg(long)]
    questions: Option<PathBuf>,
    /// How many questions are drawn.
    #[arg(long, default_value_t = 20_000)]
    draw: usize,
    /// The program whose `generate` makes the small company.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/release/dopusk"))]
    generator: PathBuf,
    /// host:port of a Dopusk that holds the same company; without it Dopusk is not asked over gRPC.
    #[arg(long)]
    dopusk: Option<String>,
    /// Which engines; all of them by default.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Engine::value_variants().to_vec())]
    engines: Vec<Engine>,
    /// Seconds a row; 0 checks the answers and times nothing.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    Dopusk,
    Cerbos,
    Cedar,
    Casbin,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir()?;
    let bundle = match &arguments.bundle {
        Some(bundle) => bundle.clone(),
        None => generated(&arguments.generator, folder.path())?,
    };
    let company = Company::read(&bundle)?;
    let oracle = Oracle::new(&company);
    let (questions, left_out) = match &arguments.questions {
        Some(file) => question::from_file(file, &oracle)?,
        None => question::drawn(arguments.draw, &oracle),
    };
    ensure!(!questions.is_empty(), "there is no question about the compared rules");
    introduce(&company, &questions, left_out);
    let rows = Comparison { arguments, oracle, questions }.run()?;
    println!("{}", Table(rows));
    Ok(())
}

fn generated(generator: &Path, folder: &Path) -> Result<PathBuf> {
    let sizes = ["--employees", "1000", "--departments", "60", "--resources", "20000"];
    let output = Command::new(generator).arg("generate").args(sizes).output();
    let output = output
        .with_context(|| format!("running {}; `cargo build --release` makes it", generator.display()))?;
    ensure!(output.status.success(), "generate: {}", String::from_utf8_lossy(&output.stderr));
    let path = folder.join("company.jsonl");
    std::fs::write(&path, output.stdout)?;
    Ok(path)
}

fn introduce(company: &Company, questions: &[Question<'_>], left_out: usize) {
    let allowed = questions.iter().filter(|question| question.allow).count();
    println!(
        "{} users, {} departments, {} roles, {} bindings, {} resources; {} questions, {}% of them allowed; \
         {left_out} that other rules decide are left out.\n",
        company.users.len(),
        company.departments.len(),
        company.roles.len(),
        company.bindings.len(),
        company.resources.len(),
        questions.len(),
        100 * allowed / questions.len(),
    );
}

struct Comparison<'a> {
    arguments: Arguments,
    oracle: Oracle<'a>,
    questions: Vec<Question<'a>>,
}

impl Comparison<'_> {
    fn run(&self) -> Result<Vec<Row>> {
        let plan = Plan {
            answers: Arc::new(self.questions.iter().map(|question| question.allow).collect()),
            time: Duration::from_secs(self.arguments.seconds),
        };
        let runtime = Runtime::new()?;
        let mut rows = Vec::new();
        for engine in &self.arguments.engines {
            rows.extend(match engine {
                Engine::Dopusk => self.dopusk(&runtime, &plan)?,
                Engine::Cerbos => self.cerbos(&runtime, &plan)?,
                Engine::Cedar => {
                    let cedar = Cedar::new(&self.oracle, &self.questions)?;
                    vec![measure::in_process("Cedar 4.14", &cedar, &plan)?]
                }
                Engine::Casbin => {
                    let casbin = Casbin::new(&self.oracle, &self.questions, &runtime)?;
                    vec![measure::in_process("Casbin 2.20", &casbin, &plan)?]
                }
            });
        }
        Ok(rows)
    }

    fn dopusk(&self, runtime: &Runtime, plan: &Plan) -> Result<Vec<Row>> {
        let Some(address) = &self.arguments.dopusk else {
            eprintln!("Dopusk itself is not asked over gRPC: `--dopusk` names no server.");
            return Ok(Vec::new());
        };
        runtime.block_on(async {
            let connections = Dopusk::connect(address, &self.questions, CONNECTIONS).await?;
            measure::remote("Dopusk", connections, plan).await
        })
    }

    fn cerbos(&self, runtime: &Runtime, plan: &Plan) -> Result<Vec<Row>> {
        runtime.block_on(async {
            let server = Server::start(self.oracle.company).await?;
            let connections = Cerbos::connect(&server, &self.oracle, &self.questions, CONNECTIONS).await?;
            measure::remote("Cerbos 0.51", connections, plan).await
        })
    }
}
