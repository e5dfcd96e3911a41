//! The one writer of the command line: results to stdout, everything else to stderr.

use std::io::{self, Write};

use comfy_table::{Table, TableStyle, presets};
use serde::Serialize;

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Table,
    /// One JSON value for the whole result
    Json,
    /// One JSON value a line and item
    Jsonl,
}

/// `--output`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Printing {
    /// How the result is printed
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) output: Format,
}

/// Where a command writes.
pub(super) struct Output {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
}

const STYLE: TableStyle = presets::NOTHING;

impl Output {
    /// The process's own.
    pub(super) fn standard() -> Self {
        Self { out: Box::new(io::BufWriter::new(io::stdout())), err: Box::new(io::stderr()) }
    }

    /// Where results are written.
    pub(super) fn out(&mut self) -> &mut (dyn Write + Send) {
        &mut *self.out
    }

    /// Writes a line of the result, which is seen at once.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }

    /// Writes a line to stderr.
    pub(super) fn note(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.err, "{text}")
    }

    /// Writes a JSON value as a line of the result.
    pub(super) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.line("")
    }

    /// Writes a table without borders, whose names are in capitals.
    pub(super) fn table(&mut self, names: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
        let mut table = Table::new();
        table.load_style(STYLE).set_header(names.iter().map(|name| name.to_uppercase()));
        table.add_rows(rows);
        self.line(&table.trim_fmt())
    }
}

#[cfg(test)]
pub(super) use captured::Written;

#[cfg(test)]
mod captured {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::Output;

    /// What a command wrote.
    #[derive(Clone, Default)]
    pub(in crate::cli) struct Written {
        out: Sink,
        err: Sink,
    }

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Written {
        pub(in crate::cli) fn out(&self) -> String {
            String::from_utf8(self.out.0.lock().unwrap().clone()).unwrap()
        }

        pub(in crate::cli) fn err(&self) -> String {
            String::from_utf8(self.err.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Output {
        pub(in crate::cli) fn captured() -> (Self, Written) {
            let written = Written::default();
            let (out, err) = (Box::new(written.out.clone()), Box::new(written.err.clone()));
            (Self { out, err }, written)
        }
    }
}
