//! The Unix socket: its mode, and the process on the other side.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use tonic::Code;
use tonic::transport::{Channel, Endpoint};

use super::{Site, ask, bearer, caller, line};
use crate::host::assert_error;

impl Site {
    async fn start_at_socket(callers: &str) -> Self {
        Self::start_with(callers, |settings, folder| {
            settings.listen = None;
            settings.socket = Some(folder.join("socket"));
            settings.socket_mode = 0o600;
        })
        .await
    }

    async fn socket(&self) -> Channel {
        let address = format!("unix://{}", self.file("socket").display());
        Endpoint::from_shared(address).unwrap().connect().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_known_by_its_user_or_group() {
    let folder = tempfile::TempDir::new().unwrap();
    let own = std::fs::metadata(folder.path()).unwrap();
    for evidence in [format!("uids = [{}]", own.uid()), format!("gids = [{}]", own.gid())] {
        let site = Site::start_at_socket(&format!("[[caller]]\nname = 'app'\n{evidence}")).await;
        ask(line(site.socket().await, None)).await.unwrap();
        let refused = ask(line(site.socket().await, bearer("wrong"))).await.unwrap_err();
        assert_error(&refused, Code::Unauthenticated, "CREDENTIALS_INVALID");
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_is_refused_without_a_token() {
    let (entry, token) = caller("app", "uids = [4294967294]\ngids = [4294967294]");
    let site = Site::start_at_socket(&entry).await;
    let refused = ask(line(site.socket().await, None)).await.unwrap_err();
    assert_error(&refused, Code::Unauthenticated, "CREDENTIALS_INVALID");
    ask(line(site.socket().await, bearer(&token))).await.unwrap();
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_has_the_mode_that_was_asked_for() {
    let (entry, _) = caller("app", "");
    let site = Site::start_at_socket(&entry).await;
    let mode = std::fs::metadata(site.file("socket")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    site.stop().await;
}
