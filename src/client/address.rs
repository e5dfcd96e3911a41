//! Where a server is: `http://HOST:PORT` or `unix:///PATH`.

use std::fmt;
use std::str::FromStr;

use tonic::transport::Uri;

/// The address of a server.
///
/// INVARIANT: either the URI of a host without path and query, or `unix://` and an absolute path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address(String);

/// Why a text is no address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is no address of a server; give http://HOST:PORT or unix:///PATH")]
pub struct AddressError;

impl Address {
    /// Where serve listens if nothing else is said.
    pub const DEFAULT: &str = "http://127.0.0.1:7717";
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Some(path) = text.strip_prefix("unix://") {
            return if path.starts_with('/') { Ok(Self(text.to_owned())) } else { Err(AddressError) };
        }
        let uri: Uri = text.parse().map_err(|_| AddressError)?;
        let is_http = uri.scheme_str() == Some("http") && uri.host().is_some_and(|host| !host.is_empty());
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
        for text in [Address::DEFAULT, "http://localhost:1", "http://[::1]:7717", "unix:///run/dopusk.sock"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!("http://h:1/".parse::<Address>().unwrap().to_string(), "http://h:1");
    }

    #[test]
    fn anything_else_is_none() {
        for text in
            ["", "localhost:7717", "https://h:1", "http://", "http://h/path", "unix://run/x", "unix:/x"]
        {
            assert_eq!(text.parse::<Address>(), Err(AddressError), "{text}");
        }
    }
}
