//! What a connection and a request show of who calls.

use std::net::SocketAddr;
use std::sync::Arc;

/// The other side of a connection under TLS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certified {
    /// The names in its certificate that a chain of trust vouches for, as the file of callers writes them: `dns:NAME`
    /// and `uri:NAME`. Empty where there is no certificate.
    pub names: Arc<[String]>,
    /// Where it is.
    pub address: Option<SocketAddr>,
}

/// What there is to tell a caller by.
#[derive(Clone, Copy, Debug)]
pub enum Evidence<'a> {
    /// A bearer token or a signed one.
    Bearer(&'a str),
    /// A client certificate.
    Certificate(&'a Certified),
    /// The process on the other side of a Unix socket.
    Process {
        /// Its user.
        uid: u32,
        /// Its group.
        gid: u32,
    },
    /// Nothing.
    Nothing,
}
