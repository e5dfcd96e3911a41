//! A crash loop: a server that is killed again and again while it opens its store, and never gets to serve.

use std::time::Instant;

use tempfile::TempDir;

use super::{Ledger, connect};
use crate::process::Process;
use crate::world::Dice;

const ROUNDS: u32 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_over_and_over_while_it_opens_opens_at_last_with_everything() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("store");
    let mut server = Process::spawn(&data);
    let channel = connect(&server).await;
    let mut ledger = Ledger::default();
    for _ in 0..20 {
        ledger.write_users(&channel, 900, 200).await.unwrap();
    }
    server.kill();
    let began = Instant::now();
    let mut server = Process::spawn(&data);
    server.url();
    let opening = began.elapsed();
    server.kill();
    let dice = &mut Dice::new(5);
    for _ in 0..ROUNDS {
        let mut server = Process::spawn(&data);
        // The moment is the test; nothing is waited for.
        std::thread::sleep(opening * u32::try_from(dice.below(1_000)).unwrap() / 1_000);
        server.kill();
    }
    let server = Process::spawn(&data);
    let channel = connect(&server).await;
    ledger.assert_kept(&channel).await;
    ledger.write_well(&channel, 5).await;
    tell!(
        "killed {ROUNDS} times within the {opening:?} of opening: {} users kept",
        ledger.acknowledged.len()
    );
}
