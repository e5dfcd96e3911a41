//! Altered files: a store either opens with everything as it was, or is refused with words, in bounded time and memory.
//!
//! Each round damages one file of a store at a place drawn by chance, and has the real program read all of it: what it
//! saves must be the backup that the whole store gives, byte for byte.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Ledger, connect};
use crate::process::Process;
use crate::tool::must;
use crate::world::Dice;

const ROUNDS: usize = 240;
/// The memory that reading a small store may take, damaged as it is: none of its lengths may be believed.
const ADDRESS_KIB_MAX: u64 = 4 << 20;
const READ_MAX: Duration = Duration::from_mins(1);

/// What is done to a file.
#[derive(Clone, Copy, Debug)]
enum Damage {
    BitFlipped,
    Overwritten,
    Zeroed,
    CutOff,
    Lengthened,
    Moved,
    Removed,
}

const DAMAGES: [Damage; 7] = [
    Damage::BitFlipped,
    Damage::Overwritten,
    Damage::Zeroed,
    Damage::CutOff,
    Damage::Lengthened,
    Damage::Moved,
    Damage::Removed,
];

fn noise(dice: &mut Dice, count: u64) -> Vec<u8> {
    (0..count).map(|_| dice.draw().to_le_bytes()[3]).collect()
}

/// Damages a file somewhere.
fn damage(path: &Path, kind: Damage, dice: &mut Dice) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    let at = dice.draw() % length;
    let count = 1 + dice.draw() % 4_096.min(length - at);
    let mut bytes = vec![0; usize::try_from(count).unwrap()];
    match kind {
        Damage::BitFlipped => {
            file.read_exact_at(&mut bytes[..1], at).unwrap();
            file.write_all_at(&[bytes[0] ^ (1 << (dice.draw() % 8))], at).unwrap();
        }
        Damage::Overwritten => file.write_all_at(&noise(dice, count), at).unwrap(),
        Damage::Zeroed => file.write_all_at(&bytes, at).unwrap(),
        Damage::CutOff => file.set_len(at).unwrap(),
        Damage::Lengthened => file.write_all_at(&noise(dice, count), length).unwrap(),
        Damage::Moved => {
            file.read_exact_at(&mut bytes, at).unwrap();
            file.write_all_at(&bytes, dice.draw() % (length - count + 1)).unwrap();
        }
        Damage::Removed => fs::remove_file(path).unwrap(),
    }
}

/// The files of a store, but for its ballast and its lock, which hold nothing.
fn files(store: &Path) -> Vec<PathBuf> {
    let in_folder = |folder: &Path| {
        let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.metadata().unwrap().is_file()).collect::<Vec<_>>()
    };
    let mut found = [in_folder(store), in_folder(&store.join("sled"))].concat();
    found.retain(|path| !path.ends_with("BALLAST") && !path.ends_with("LOCK"));
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("sled/blobs")).unwrap();
    for path in files(from) {
        fs::copy(&path, to.join(path.strip_prefix(from).unwrap())).unwrap();
    }
}

/// Reads a whole store, and tells how that ended and what was said.
fn read(store: &Path, backup: &Path) -> (ExitStatus, String) {
    let said = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {ADDRESS_KIB_MAX}; exec \"$@\""), "sh"]);
    command.arg(env!("CARGO_BIN_EXE_dopusk")).arg("backup").arg(backup).arg("--data").arg(store);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said.reopen().unwrap()).spawn().unwrap();
    let end = Instant::now() + READ_MAX;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (status, fs::read_to_string(said.path()).unwrap());
        }
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("it reads for longer than {READ_MAX:?}");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A store that a server was killed over, the same closed well, and the backup of both.
async fn stores(folder: &Path) -> ([PathBuf; 2], Vec<u8>) {
    let (killed, closed) = (folder.join("killed"), folder.join("closed"));
    let mut server = Process::spawn(&killed);
    let channel = connect(&server).await;
    let mut ledger = Ledger::default();
    for users in [900, 1, 1, 300, 1] {
        ledger.write_users(&channel, users, 200).await.unwrap();
    }
    server.kill();
    copy(&killed, &closed);
    let backup = folder.join("backup");
    must(Command::new(env!("CARGO_BIN_EXE_dopusk")).arg("backup").arg(&backup).arg("--data").arg(&closed));
    ([killed, closed], fs::read(backup).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_opens_with_everything_or_is_refused() {
    let folder = TempDir::new().unwrap();
    let (stores, whole) = stores(folder.path()).await;
    let dice = &mut Dice::new(31);
    let (mut opened, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let kind = DAMAGES[round % DAMAGES.len()];
        let store = folder.path().join(format!("{round}"));
        copy(&stores[round / DAMAGES.len() % 2], &store);
        let files = files(&store);
        // Most of it is in the tree's file.
        let data = store.join("sled/db");
        let path = if dice.percent(50) { &data } else { &files[dice.below(files.len())] };
        damage(path, kind, dice);
        let backup = store.join("backup");
        let (status, said) = read(&store, &backup);
        let place = format!("round {round}: {kind:?} in {}: {status}: {said}", path.display());
        if status.success() {
            assert!(fs::read(&backup).unwrap() == whole, "other objects are read: {place}");
            opened += 1;
        } else {
            assert_eq!(status.code(), Some(1), "{place}");
            assert!(["is damaged", "holds no store"].iter().any(|it| said.contains(it)), "{place}");
            assert!(!backup.exists(), "{place}");
            refused += 1;
        }
        fs::remove_dir_all(&store).unwrap();
    }
    tell!("{ROUNDS} damaged stores: {refused} refused, {opened} as if nothing had happened, none wrong");
    assert!(opened > 0 && refused > ROUNDS / 4);
}
