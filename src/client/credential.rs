//! What a client shows of itself, and whom it trusts: files only, so that no secret is among a process's arguments.

use std::fs;
use std::path::{Path, PathBuf};

use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};

use super::{Address, ClientError};

/// What a client shows of itself, and whom it trusts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Credentials {
    /// The authorities that vouch for the server's certificate, in PEM.
    pub ca: Option<PathBuf>,
    /// The client's certificate and its private key, in PEM.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// A file that holds a token.
    pub token: Option<PathBuf>,
}

/// Why a client can't show what it should.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// A file can't be read.
    #[error("{} can't be read", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file's text can't be sent.
    #[error("{} holds no token: one line of visible characters", file.display())]
    NoToken {
        /// The file.
        file: PathBuf,
    },
    /// Nobody vouches for the server.
    #[error("{0} needs the authorities that vouch for its certificate")]
    NoAuthorities(Address),
    /// The connection isn't encrypted.
    #[error("{0} is not https, and so has no certificates")]
    NotSecured(Address),
    /// A token would be readable on the way.
    #[error("a token is not sent to {0}; over a network it is sent by https only")]
    Readable(Address),
    /// The certificates are not usable.
    #[error("the certificates can't be used")]
    Unusable(#[source] tonic::transport::Error),
}

/// A connection whose calls carry the token.
pub(super) type Line = InterceptedService<Channel, Bearer>;

/// Puts the token on every call.
#[derive(Clone)]
pub(super) struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request.metadata_mut().insert("authorization", value.clone());
        }
        Ok(request)
    }
}

impl Credentials {
    /// The endpoint, with whom it trusts.
    pub(super) fn secure(&self, endpoint: Endpoint, address: &Address) -> Result<Endpoint, ClientError> {
        if !address.is_secured() {
            let has_some = self.ca.is_some() || self.identity.is_some();
            return if has_some {
                Err(CredentialError::NotSecured(address.clone()).into())
            } else {
                Ok(endpoint)
            };
        }
        let ca = self.ca.as_deref().ok_or_else(|| CredentialError::NoAuthorities(address.clone()))?;
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(ca)?));
        if let Some((certificate, key)) = &self.identity {
            tls = tls.identity(Identity::from_pem(read(certificate)?, read(key)?));
        }
        Ok(endpoint.tls_config(tls).map_err(CredentialError::Unusable)?)
    }

    /// What is put on every call.
    pub(super) fn bearer(&self, address: &Address) -> Result<Bearer, ClientError> {
        let Some(file) = &self.token else { return Ok(Bearer(None)) };
        if !address.is_secured() && !address.is_local() {
            return Err(CredentialError::Readable(address.clone()).into());
        }
        let no_token = || CredentialError::NoToken { file: file.clone() };
        let text = String::from_utf8(read(file)?).map_err(|_| no_token())?;
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(no_token().into());
        }
        let mut value: MetadataValue<Ascii> = format!("Bearer {text}").parse().map_err(|_| no_token())?;
        // Kept out of the header compression's table and of what is printed.
        value.set_sensitive(true);
        Ok(Bearer(Some(value)))
    }
}

fn read(file: &Path) -> Result<Vec<u8>, CredentialError> {
    fs::read(file).map_err(|cause| CredentialError::Io { file: file.to_owned(), cause })
}
