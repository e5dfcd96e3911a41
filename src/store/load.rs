//! Reading every object, and comparing them with what was committed.
//!
//! One thread reads the tree, some decode, and the caller takes what they have decoded, in the order of keys.

use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use crate::domain::{Object, Revision};

use super::fault::{Damage, Fault};
use super::page::Entries;
use super::record::{self, RecordError};
use super::records::Records;
use super::summary::Summary;
use super::{Store, key};

/// Records that are decoded at once, pages of about 1,500 resources.
const BLOCK_RECORDS: usize = 256;
/// Threads that decode: one thread reads about as fast as two decode.
const DECODERS: usize = 2;
/// Blocks that may wait for each decoder, and for whoever takes what it has decoded.
const BLOCKS_AHEAD: usize = 4;

/// What was loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoadSummary {
    /// The revision whose objects they are.
    pub revision: Revision,
    /// How many objects there are.
    pub objects: u64,
}

/// Why not every object could be loaded. What was handed over until then is not to be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The receiver broke off.
    #[error("the load was broken off by its receiver")]
    BrokenOff,
    /// The data are not those that were committed.
    #[error("the store is damaged and must be restored from a backup")]
    Damaged(#[source] Damage),
    /// The disk refuses.
    #[error("the store cannot be read")]
    Disk(#[source] io::Error),
}

impl From<Fault> for LoadError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Disk(error) => Self::Disk(error),
            Fault::Damage(damage) => Self::Damaged(damage),
        }
    }
}

impl Store {
    /// Hands over every object, in the order of [`Key`](crate::domain::Key), some hundreds at once, until `each`
    /// breaks off.
    ///
    /// Reads and decodes on threads of its own, ahead of `each`, which runs on the caller's. Commits wait until it is
    /// done, so `each` must not commit.
    ///
    /// # Errors
    /// Says why not every object could be loaded. That some objects are not those that were committed may show
    /// only after the last one.
    pub fn load(
        &self,
        each: &mut dyn FnMut(Vec<Object>) -> ControlFlow<()>,
    ) -> Result<LoadSummary, LoadError> {
        let tail = self.tail();
        let records = Records::of(self.tree.range(key::objects())?);
        let found = std::thread::scope(|scope| {
            let (inputs, outputs): (Vec<_>, Vec<_>) = (0..DECODERS).map(|_| start_decoder(scope)).unzip();
            scope.spawn(move || read(records, &inputs));
            hand_over(&outputs, each)
        })?;
        let expected = tail.state.summary;
        if found != expected {
            return Err(LoadError::Damaged(Damage::Sum { found: found.objects, expected: expected.objects }));
        }
        Ok(LoadSummary { revision: tail.state.revision, objects: found.objects })
    }
}

/// Records as they were read: keys without the number of a part, and bytes.
type Block = Result<Vec<(Vec<u8>, Vec<u8>)>, Fault>;

/// What a block holds.
#[derive(Default)]
pub(super) struct Decoded {
    pub(super) objects: Vec<Object>,
    summary: Summary,
}

/// Starts a thread that decodes until it is sent no more or nobody takes what it has decoded.
fn start_decoder<'scope>(
    scope: &'scope Scope<'scope, '_>,
) -> (SyncSender<Block>, Receiver<Result<Decoded, Fault>>) {
    let (input, blocks) = sync_channel(BLOCKS_AHEAD);
    let (decoded, output) = sync_channel(BLOCKS_AHEAD);
    scope.spawn(move || blocks.into_iter().try_for_each(|block| decoded.send(decode(block)).ok()));
    (input, output)
}

/// Cuts what is read into blocks, for the decoders in turn.
fn read(mut records: Records, decoders: &[SyncSender<Block>]) {
    for decoder in decoders.iter().cycle() {
        let block: Block = records.by_ref().take(BLOCK_RECORDS).collect();
        let is_last = block.as_ref().map_or(true, Vec::is_empty);
        // Who breaks off takes no more.
        if decoder.send(block).is_err() || is_last {
            return;
        }
    }
}

/// Takes from the decoders in turn, so in the order of reading; the first who has no more was the last.
fn hand_over(
    decoders: &[Receiver<Result<Decoded, Fault>>],
    each: &mut dyn FnMut(Vec<Object>) -> ControlFlow<()>,
) -> Result<Summary, LoadError> {
    let mut found = Summary::default();
    for decoder in decoders.iter().cycle() {
        let Ok(decoded) = decoder.recv() else { break };
        let Decoded { objects, summary } = decoded?;
        found.join(summary);
        if each(objects).is_break() {
            return Err(LoadError::BrokenOff);
        }
    }
    Ok(found)
}

fn decode(block: Block) -> Result<Decoded, Fault> {
    let mut decoded = Decoded::default();
    for (base, bytes) in block? {
        decoded.take(&base, &bytes).map_err(|source| Fault::record(&base, source))?;
    }
    Ok(decoded)
}

impl Decoded {
    /// What one record holds.
    pub(super) fn of(base: &[u8], bytes: &[u8]) -> Result<Self, RecordError> {
        let mut decoded = Self::default();
        decoded.take(base, bytes)?;
        Ok(decoded)
    }

    fn take(&mut self, base: &[u8], bytes: &[u8]) -> Result<(), RecordError> {
        let before = self.objects.len();
        if key::is_page(base) {
            self.take_page(base, bytes)?;
        } else {
            self.objects.push(record::decode(key::parse_object(base)?, bytes)?);
        }
        self.summary.add(base, bytes, (self.objects.len() - before) as u64);
        Ok(())
    }

    fn take_page(&mut self, base: &[u8], bytes: &[u8]) -> Result<(), RecordError> {
        let (entity_type, bound) = key::parse_page(base)?;
        for entry in Entries::of(bytes) {
            let (id, record) = entry?;
            if id < bound {
                return Err(RecordError::Order);
            }
            let id = record::id_of_bytes("id", id)?;
            let resource = record::decode_resource(entity_type.clone(), id, record)?;
            self.objects.push(Object::Resource(Box::new(resource)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sample;

    #[test]
    fn objects_are_loaded_in_the_order_of_their_keys() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        let mut objects = sample::one_of_each_kind();
        objects.extend(["t", "t 2", "a", "я", "t 10"].map(|id| sample::resource(id, 0)));
        objects.extend(["g ", "f"].map(|id| sample::large_group(id, 200)));
        objects.reverse();
        sample::commit(&store, sample::put(1, &objects));
        objects.sort_by_key(Object::key);
        assert_eq!(sample::load(&store).unwrap(), objects);
    }

    #[test]
    fn a_receiver_may_break_off() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        let objects: Vec<_> = (0..10_000).map(|it| sample::resource(&it.to_string(), it)).collect();
        sample::commit(&store, sample::put(1, &objects));
        let mut count = 0;
        let error = store.load(&mut |_| {
            count += 1;
            if count == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(matches!(error, Err(LoadError::BrokenOff)));
        assert_eq!(count, 2);
    }
}
