//! No file descriptors left: the connections that there are go on, others wait, and nothing spins.

use std::net::TcpStream;
use std::process::Command;
use std::time::Instant;

use tempfile::TempDir;
use tonic::transport::Endpoint;

use super::Ledger;
use crate::process::Process;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_descriptors_goes_on_and_accepts_again_when_there_are_some() {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_dopusk")]);
    command.env("DOPUSK_LOG", "info,tonic=debug");
    let server = Process::spawn_under(command, &folder.path().join("store"));
    let url = server.url();
    let endpoint = Endpoint::from_shared(url.clone()).unwrap();
    let channel = endpoint.connect().await.unwrap();
    let mut ledger = Ledger::default();
    ledger.write_well(&channel, 5).await;
    let began = Instant::now();
    let address = url.strip_prefix("http://").unwrap();
    let held: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(address).unwrap()).collect();
    server.waits_for_log("Too many open files");
    ledger.write_well(&channel, 100).await;
    ledger.assert_shown(&channel).await;
    let tried = server.log().matches("Too many open files").count();
    // A try needs a pause before the next one.
    let most = began.elapsed().as_millis() / 10 + 2;
    assert!(u128::try_from(tried).unwrap() <= most, "{tried} tries in {:?}", began.elapsed());
    drop(held);
    ledger.assert_shown(&endpoint.connect().await.unwrap()).await;
    tell!("without descriptors: 100 writes went on, {tried} tries to accept in {:?}", began.elapsed());
}
