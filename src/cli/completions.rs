//! `dopusk completions`.

use clap::CommandFactory as _;

use super::Arguments;
use super::output::Output;
use super::verdict::Verdict;

/// Print the completions for a shell
#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

impl Completions {
    pub(super) fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let mut out = output.out();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "dopusk", &mut script);
        std::io::Write::write_all(&mut out, &script)?;
        std::io::Write::flush(&mut out)?;
        Ok(Verdict::Yes)
    }
}
