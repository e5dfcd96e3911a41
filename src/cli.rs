//! The command line: what can be asked for, and which exit code tells how it went.
//!
//! One file per subcommand. Results go to stdout through one writer, everything else to stderr.

mod actions;
mod advice;
mod arguments;
mod audit;
mod backup;
mod bar;
mod bench;
mod check;
mod completions;
mod conflicts;
mod count;
mod delete;
mod demo;
mod draft;
mod explain;
mod export;
mod generate;
mod get;
mod health;
mod history;
mod import;
mod key;
mod list;
mod man;
mod notify;
mod objects;
mod output;
mod plan;
mod preview;
mod put;
mod recipients;
mod restore;
mod scratch;
mod serve;
mod source;
mod subjects;
pub mod test;
#[cfg(test)]
mod tests;
mod token;
mod validate;
mod verdict;
mod watch;
mod why_not;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use self::output::Output;
use self::verdict::{Verdict, exit_code, report};

/// How long blocking work is waited for whose command has ended: what serving began has been drained by then.
const THREADS_END_MAX: Duration = Duration::from_secs(5);

const EXIT_CODES: &str = "Exit codes:
  0  allowed, or done
  1  denied, or problems found
  2  the command is not as it must be
  3  the server can't be reached
  4  the server refused; the fields and rules at fault are printed";

/// Decides who may see which ticket, and says why
#[derive(Debug, clap::Parser)]
#[command(name = "dopusk", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    Check(check::Check),
    Explain(explain::Explain),
    Conflicts(conflicts::Conflicts),
    Advice(advice::Advice),
    WhyNot(why_not::WhyNot),
    List(list::List),
    Count(count::Count),
    Plan(plan::Plan),
    Preview(preview::Preview),
    Subjects(subjects::Subjects),
    Actions(actions::Actions),
    Recipients(recipients::Recipients),
    Get(get::Get),
    Objects(objects::Objects),
    Put(put::Put),
    Delete(delete::Delete),
    Import(import::Import),
    Export(export::Export),
    Validate(validate::Validate),
    Test(test::Test),
    Watch(watch::Watch),
    History(history::History),
    Audit(audit::Audit),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Health(health::Health),
    Token(token::Token),
    Generate(generate::Generate),
    Bench(bench::Bench),
    #[command(hide = true)]
    BenchNoop(bench::Noop),
    Completions(completions::Completions),
    #[command(hide = true)]
    Man(man::Man),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nobody is left to tell if stdout or stderr is gone.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut output = Output::standard();
    let verdict = runtime().and_then(|runtime| {
        let verdict = runtime.block_on(arguments.command.run(&mut output));
        // A thread that reads a disk which doesn't answer is not waited for.
        runtime.shutdown_timeout(THREADS_END_MAX);
        verdict
    });
    if let Err(error) = &verdict {
        report(error, &mut output);
    }
    ExitCode::from(exit_code(&verdict))
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?)
}

impl Command {
    async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        match self {
            Self::Serve(it) => it.run(output).await,
            Self::Demo(it) => it.run(output).await,
            Self::Check(it) => it.run(output).await,
            Self::Explain(it) => it.run(output).await,
            Self::Conflicts(it) => it.run(output).await,
            Self::Advice(it) => it.run(output).await,
            Self::WhyNot(it) => it.run(output).await,
            Self::List(it) => it.run(output).await,
            Self::Count(it) => it.run(output).await,
            Self::Plan(it) => it.run(output).await,
            Self::Preview(it) => it.run(output).await,
            Self::Subjects(it) => it.run(output).await,
            Self::Actions(it) => it.run(output).await,
            Self::Recipients(it) => it.run(output).await,
            Self::Get(it) => it.run(output).await,
            Self::Objects(it) => it.run(output).await,
            Self::Put(it) => it.run(output).await,
            Self::Delete(it) => it.run(output).await,
            Self::Import(it) => it.run(output).await,
            Self::Export(it) => it.run(output).await,
            Self::Validate(it) => it.run(output),
            Self::Test(it) => it.run(output).await,
            Self::Watch(it) => it.run(output).await,
            Self::History(it) => it.run(output).await,
            Self::Audit(it) => it.run(output),
            Self::Backup(it) => it.run(output).await,
            Self::Restore(it) => it.run(output),
            Self::Health(it) => it.run(output).await,
            Self::Token(it) => it.run(output),
            Self::Generate(it) => it.run(output),
            Self::Bench(it) => it.run(output).await,
            Self::BenchNoop(it) => it.run(output).await,
            Self::Completions(it) => it.run(output),
            Self::Man(it) => it.run(),
        }
    }
}
