//! Pages: neighbouring resources of one type, kept together as one record.
//!
//! The tree costs by its entries, far more than by their bytes, and a store is nearly all resources: ten million of
//! them are read and decoded in 2 seconds, where one by one they took 15.
//!
//! ```text
//! page    = entries in bytewise order of ids
//! entry   = length of the id, id, length of the record, record      lengths are varints
//! ```
//!
//! A page's key names the type and a bound. INVARIANT: a page holds the ids from its bound up to the bound of the
//! next page of the type; ids below every bound belong to a page with the empty bound, which is made when it is
//! needed. No page is empty.

use std::collections::BTreeMap;

use super::record::{self, RecordError};

/// The most bytes of a page of more than one resource; about six have room.
///
/// Twice or four times as much is read no faster, for decoding is most of the work by then. But whoever commits one
/// resource writes its page: at 2 KiB, 64 commits at once were a third slower and made the store grow three times as
/// fast.
pub(super) const PAGE_BYTES_MAX: usize = 512;

/// A page that is being edited: the records by the bytes of their ids.
#[derive(Debug, Default)]
pub(super) struct Page {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// A page as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The first id in it, which is its bound unless it is the first piece of its page.
    pub(super) first: Vec<u8>,
    pub(super) bytes: Vec<u8>,
    /// How many resources are in it.
    pub(super) resources: u64,
}

impl Page {
    /// Reads a page.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let entries =
            Entries::of(bytes).map(|entry| entry.map(|(id, record)| (id.to_vec(), record.to_vec())));
        Ok(Self { records: entries.collect::<Result<_, _>>()? })
    }

    /// How many resources are in it.
    pub(super) fn resources(&self) -> u64 {
        self.records.len() as u64
    }

    /// Puts a resource's record in or takes it out, and says whether there was one.
    pub(super) fn replace(&mut self, id: &[u8], record: Option<Vec<u8>>) -> bool {
        let before = match record {
            Some(record) => self.records.insert(id.to_vec(), record),
            None => self.records.remove(id),
        };
        before.is_some()
    }

    /// The page as it is to be written: nothing if it is empty, pieces of one size if it is too long.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        let entries = self.records.iter().map(|(id, record)| (id, entry(id, record)));
        let entries: Vec<_> = entries.collect();
        let bytes: usize = entries.iter().map(|(_, entry)| entry.len()).sum();
        // Halves, not a full page and a rest: the next id may come anywhere.
        let enough = bytes.div_ceil(bytes.div_ceil(PAGE_BYTES_MAX).max(1));
        let mut pieces: Vec<Piece> = Vec::new();
        for (id, entry) in entries {
            let fits = |piece: &&mut Piece| {
                piece.bytes.len() < enough && piece.bytes.len() + entry.len() <= PAGE_BYTES_MAX
            };
            match pieces.last_mut().filter(fits) {
                Some(piece) => {
                    piece.bytes.extend_from_slice(&entry);
                    piece.resources += 1;
                }
                None => pieces.push(Piece { first: id.clone(), bytes: entry, resources: 1 }),
            }
        }
        pieces
    }
}

fn entry(id: &[u8], record: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(id.len() + record.len() + 4);
    record::push_delimited(&mut bytes, id);
    record::push_delimited(&mut bytes, record);
    bytes
}

/// The entries of a page: id and record.
pub(super) struct Entries<'a> {
    rest: &'a [u8],
    last: &'a [u8],
}

impl<'a> Entries<'a> {
    pub(super) const fn of(page: &'a [u8]) -> Self {
        Self { rest: page, last: &[] }
    }

    fn entry(&mut self) -> Result<(&'a [u8], &'a [u8]), RecordError> {
        let id = record::take_delimited(&mut self.rest)?;
        if id <= self.last {
            return Err(RecordError::Order);
        }
        self.last = id;
        Ok((id, record::take_delimited(&mut self.rest)?))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<(&'a [u8], &'a [u8]), RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let entry = self.entry();
        if entry.is_err() {
            self.rest = &[];
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(records: &[(&str, usize)]) -> Page {
        let mut page = Page::default();
        for (id, length) in records {
            page.replace(id.as_bytes(), Some(vec![7; *length]));
        }
        page
    }

    fn firsts(pieces: &[Piece]) -> Vec<&str> {
        pieces.iter().map(|piece| std::str::from_utf8(&piece.first).unwrap()).collect()
    }

    #[test]
    fn a_page_is_read_back_as_it_was_written() {
        let page = page(&[("b", 300), ("a", 0), ("bb", 1)]);
        let pieces = page.pieces();
        assert_eq!(firsts(&pieces), ["a"]);
        assert_eq!(pieces[0].resources, 3);
        assert_eq!(Page::parse(&pieces[0].bytes).unwrap().records, page.records);
    }

    #[test]
    fn an_empty_page_is_not_written() {
        let mut page = page(&[("a", 5)]);
        assert!(page.replace(b"a", None));
        assert!(!page.replace(b"a", None));
        assert_eq!(page.pieces(), []);
    }

    #[test]
    fn a_page_that_is_too_long_is_cut_in_pieces_of_one_size() {
        let quarter = PAGE_BYTES_MAX / 4 - 6;
        let full = page(&[("a", quarter), ("b", quarter), ("c", quarter), ("d", quarter)]);
        assert_eq!(firsts(&full.pieces()), ["a"]);
        let longer = page(&[("a", quarter), ("b", quarter), ("c", quarter), ("c!", quarter), ("d", quarter)]);
        assert_eq!(firsts(&longer.pieces()), ["a", "c!"]);
        let texts: Vec<String> = (0..1_000).map(|number| format!("{number:04}")).collect();
        let records: Vec<_> = texts.iter().map(|text| (text.as_str(), 80)).collect();
        let pieces = page(&records).pieces();
        assert_eq!(pieces.iter().map(|piece| piece.resources).sum::<u64>(), 1_000);
        let lengths = PAGE_BYTES_MAX / 2..=PAGE_BYTES_MAX;
        assert!(pieces.iter().all(|piece| lengths.contains(&piece.bytes.len())));
    }

    #[test]
    fn a_resource_longer_than_a_page_has_one_of_its_own() {
        let page = page(&[("a", 5), ("b", 9_000), ("c", 5), ("d", 5)]);
        let pieces = page.pieces();
        assert_eq!(firsts(&pieces), ["a", "b", "c"]);
        assert_eq!(pieces[2].resources, 2);
    }

    #[test]
    fn entries_cut_short_or_out_of_order_are_refused() {
        let bytes = page(&[("a", 3), ("b", 3)]).pieces().remove(0).bytes;
        for length in 1..bytes.len() {
            let is_whole = length == bytes.len() / 2;
            assert_eq!(Page::parse(&bytes[..length]).is_ok(), is_whole, "{length} bytes");
        }
        let twice = [entry(b"a", b""), entry(b"a", b"")].concat();
        assert!(matches!(Page::parse(&twice), Err(RecordError::Order)));
        assert!(matches!(Page::parse(&entry(b"", b"")), Err(RecordError::Order)));
    }
}
