//! Any file that an operator may give: bundles in every notation, conformance cases, backups.

use std::io::Read;

use dopusk::bundle::case::Case;
use dopusk::bundle::{Bundle, Encoding, Printer};
use dopusk::domain::Object;
use dopusk::store::backup::{Reader, Writer};
use flate2::read::MultiGzDecoder;

use super::Fate;

const ENCODINGS: [Encoding; 3] = [Encoding::Yaml, Encoding::Json, Encoding::Lines];

pub(super) fn yaml(bytes: &[u8]) -> Fate {
    bundle(Encoding::Yaml, bytes)
}

pub(super) fn json(bytes: &[u8]) -> Fate {
    bundle(Encoding::Json, bytes)
}

pub(super) fn lines(bytes: &[u8]) -> Fate {
    bundle(Encoding::Lines, bytes)
}

pub(super) fn gzip(bytes: &[u8]) -> Fate {
    bundle(Encoding::Lines, MultiGzDecoder::new(bytes))
}

pub(super) fn case(bytes: &[u8]) -> Fate {
    Case::read("case.json", bytes).is_ok().into()
}

/// What is read is printed in every notation so that it reads back as the same.
fn bundle(encoding: Encoding, source: impl Read) -> Fate {
    let Ok(bundle) = Bundle::read("bundle", encoding, source) else { return Fate::Refused };
    let mut objects: Vec<Object> = bundle.into_objects().collect();
    objects.sort_by_key(Object::key);
    for encoding in ENCODINGS {
        let printed = print(encoding, &objects);
        let read = Bundle::read("printed", encoding, printed.as_slice());
        let read: Vec<Object> =
            read.unwrap_or_else(|error| panic!("{encoding:?}: {error}")).into_objects().collect();
        assert_eq!(read, objects, "{encoding:?}");
    }
    Fate::Taken
}

fn print(encoding: Encoding, objects: &[Object]) -> Vec<u8> {
    let mut printer = Printer::new(encoding, Vec::new());
    for object in objects {
        printer.put(object).unwrap();
    }
    printer.finish().unwrap()
}

/// A backup as it is, and as one whose check sums are right: no guess of a check sum is needed to get to the objects.
pub(super) fn backup(bytes: &[u8]) -> Fate {
    let is_taken = restored(bytes);
    let sealed = super::seed::backup_of(bytes);
    Fate::from(restored(&sealed) | is_taken)
}

fn restored(bytes: &[u8]) -> bool {
    let Ok(reader) = Reader::new(bytes) else { return false };
    let revision = reader.revision();
    let Ok(objects) = reader.collect::<Result<Vec<Object>, _>>() else { return false };
    let mut writer = Writer::new(Vec::new(), revision).unwrap();
    for object in &objects {
        writer.object(object).unwrap();
    }
    let written = writer.finish().unwrap();
    let read: Vec<Object> = Reader::new(written.as_slice()).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(read, objects, "a backup");
    true
}
