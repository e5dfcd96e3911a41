//! Where a server listens: a TCP address, a Unix socket, or both; bound before the store is opened.

use std::path::Path;

use tokio::net::{TcpListener, UnixListener};
use tonic::transport::server::TcpIncoming;

use super::{ServeError, Settings};

/// Binds what is asked for. An address that others can reach is refused unless only known callers get in, and encrypted.
pub(super) async fn bind(
    settings: &Settings,
) -> Result<(Option<TcpListener>, Option<UnixListener>), ServeError> {
    if settings.listen.is_none() && settings.socket.is_none() {
        return Err(ServeError::NoListener);
    }
    let is_closed = settings.callers.is_some() && settings.tls.is_some();
    let listener = match settings.listen {
        Some(address) if !address.ip().is_loopback() && !is_closed => {
            return Err(ServeError::NotLoopback(address));
        }
        Some(address) => {
            let place = address.to_string();
            let bound = TcpListener::bind(address).await;
            Some(bound.map_err(|cause| ServeError::Bind { place, cause })?)
        }
        None => None,
    };
    let socket =
        settings.socket.as_deref().map(|path| bind_socket(path, settings.socket_mode)).transpose()?;
    Ok((listener, socket))
}

/// Binds a Unix socket with a mode of its own, in place of one that a dead server left.
fn bind_socket(path: &Path, mode: u32) -> Result<UnixListener, ServeError> {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
    let failed = |cause| ServeError::Bind { place: path.display().to_string(), cause };
    if std::fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket()) {
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(ServeError::SocketInUse(path.to_owned()));
        }
        std::fs::remove_file(path).map_err(failed)?;
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(failed)?;
    Ok(listener)
}

/// Accepted connections that send small packets at once: a large message would else end in a packet that waits 40 ms for
/// the acknowledgement of the one before.
#[must_use]
pub fn incoming(listener: TcpListener) -> TcpIncoming {
    TcpIncoming::from(listener).with_nodelay(Some(true))
}
