//! `dopusk export`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::arguments::Reading;
use super::bar::bar;
use super::draft::Draft;
use super::output::Output;
use super::verdict::{UsageError, Verdict};
use crate::bundle::{Encoding, Format, Packing, Printer};
use crate::client::Client;

/// Give out every object at one revision, as a bundle
///
/// The revision goes to stderr. A file comes into being whole or not at all.
#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// Where to: .yaml, .json or .jsonl, each also with .gz; stdout if left out
    file: Option<PathBuf>,
    /// How objects are written [default: as the file's name tells; on stdout yaml]
    #[arg(long, value_name = "FORMAT")]
    format: Option<EncodingName>,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum EncodingName {
    /// One YAML document, for people
    Yaml,
    /// One JSON document
    Json,
    /// JSON Lines: one object a line
    Jsonl,
}

impl From<EncodingName> for Encoding {
    fn from(name: EncodingName) -> Self {
        match name {
            EncodingName::Yaml => Self::Yaml,
            EncodingName::Json => Self::Json,
            EncodingName::Jsonl => Self::Lines,
        }
    }
}

impl Export {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let encoding = self.format.map(Encoding::from);
        let (count, revision) = match &self.file {
            Some(file) => {
                let format = format_of(file, encoding)?;
                let client = self.reading.open().await?;
                let printer = Printer::new(format.encoding, Sink::new(Draft::create(file)?, format.packing));
                let (printer, done) = pour(&client, printer).await?;
                printer.finish()?.finish()?.finish()?;
                done
            }
            None => {
                let client = self.reading.open().await?;
                let printer = Printer::new(encoding.unwrap_or(Encoding::Yaml), output.out());
                let (printer, done) = pour(&client, printer).await?;
                printer.finish()?;
                done
            }
        };
        output.note(&format!("{count} objects exported; revision {revision}"))?;
        Ok(Verdict::Yes)
    }
}

fn format_of(file: &Path, encoding: Option<Encoding>) -> Result<Format, UsageError> {
    let by_name = Format::of_name(&file.to_string_lossy());
    match (by_name, encoding) {
        (Some(format), Some(encoding)) => Ok(Format { encoding, ..format }),
        (Some(format), None) => Ok(format),
        (None, Some(encoding)) => Ok(Format { encoding, packing: Packing::None }),
        (None, None) => {
            let text = format!("{} ends in none of .yaml, .json, .jsonl; give --format", file.display());
            Err(UsageError(text))
        }
    }
}

/// Prints everything; tells how many objects there were, and their revision.
async fn pour<W: Write + Send>(
    client: &Client,
    mut printer: Printer<W>,
) -> anyhow::Result<(Printer<W>, (u64, String))> {
    let (bar, mut count) = (bar(None), 0);
    let mut on_chunk = |objects: Vec<crate::domain::Object>, _: &str| -> anyhow::Result<()> {
        for object in &objects {
            printer.put(object).map_err(unwrapped)?;
        }
        count += objects.len() as u64;
        bar.set_position(count);
        Ok(())
    };
    let revision = client.export(&mut on_chunk).await?;
    bar.finish_and_clear();
    Ok((printer, (count, revision)))
}

/// The error of the writer itself, by which a reader that has gone away is told.
fn unwrapped(error: crate::bundle::PrintError) -> anyhow::Error {
    match error {
        crate::bundle::PrintError::Io(error) => error.into(),
        crate::bundle::PrintError::Scattered(_) => error.into(),
    }
}

/// A file's bytes, packed or not.
enum Sink<W: Write> {
    Plain(W),
    Gzip(GzEncoder<W>),
}

impl<W: Write> Sink<W> {
    fn new(out: W, packing: Packing) -> Self {
        match packing {
            Packing::None => Self::Plain(out),
            Packing::Gzip => Self::Gzip(GzEncoder::new(out, Compression::default())),
        }
    }

    fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(out) => Ok(out),
            Self::Gzip(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(encoder) => encoder.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_that_of_the_name_unless_another_is_given() {
        let format = |name: &str, encoding| format_of(Path::new(name), encoding);
        assert_eq!(format("a.yaml", None).unwrap().encoding, Encoding::Yaml);
        let packed = format("a.jsonl.gz", None).unwrap();
        assert_eq!((packed.encoding, packed.packing), (Encoding::Lines, Packing::Gzip));
        assert_eq!(format("a.txt", Some(Encoding::Json)).unwrap().encoding, Encoding::Json);
        assert!(format("a.txt", None).is_err());
    }
}
