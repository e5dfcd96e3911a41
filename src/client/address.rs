//! Where a server is: `http://HOST:PORT`, `https://HOST:PORT` or `unix:///PATH`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use tonic::transport::Uri;

/// The address of a server.
///
/// INVARIANT: either the URI of a host without path and query, or `unix://` and an absolute path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address(String);

/// Why a text is no address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is no address of a server; give http://HOST:PORT, https://HOST:PORT or unix:///PATH")]
pub struct AddressError;

impl Address {
    /// Where serve listens if nothing else is said.
    pub const DEFAULT: &str = "http://127.0.0.1:7717";

    /// Whether what is sent there is encrypted, and the server known by its certificate.
    pub(super) fn is_secured(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// Whether what is sent there stays on this machine.
    pub(super) fn is_local(&self) -> bool {
        let host = self.0.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
        let is_loopback = |host: &str| {
            let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
            host == "localhost" || address.is_some_and(|it| it.is_loopback())
        };
        self.0.starts_with("unix:") || host.is_some_and(|host| is_loopback(&host))
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Some(path) = text.strip_prefix("unix://") {
            return if path.starts_with('/') { Ok(Self(text.to_owned())) } else { Err(AddressError) };
        }
        let uri: Uri = text.parse().map_err(|_| AddressError)?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty());
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        if is_http && is_bare { Ok(Self(text.trim_end_matches('/').to_owned())) } else { Err(AddressError) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_or_a_socket() {
        for text in [
            Address::DEFAULT,
            "http://localhost:1",
            "http://[::1]:7717",
            "https://h:1",
            "unix:///run/dopusk.sock",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!("http://h:1/".parse::<Address>().unwrap().to_string(), "http://h:1");
    }

    #[test]
    fn what_stays_on_this_machine_is_local() {
        for (text, is_local) in [
            (Address::DEFAULT, true),
            ("http://[::1]:1", true),
            ("http://localhost:1", true),
            ("unix:///s", true),
            ("http://192.0.2.1:1", false),
            ("http://localhost.example:1", false),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().is_local(), is_local, "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in ["", "localhost:7717", "ftp://h:1", "http://", "http://h/path", "unix://run/x", "unix:/x"]
        {
            assert_eq!(text.parse::<Address>(), Err(AddressError), "{text}");
        }
    }
}
