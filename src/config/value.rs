//! Settings that have a form of their own: where to listen, a file's mode, the format of the log.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use serde::Deserialize;

/// Where to listen by TCP.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub enum Listen {
    /// Nowhere.
    Off,
    /// At an address.
    At(SocketAddr),
}

/// The mode of a file, as `chmod` takes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Mode(pub(super) u32);

/// How lines are logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

impl Listen {
    /// Where is listened if nothing else is said.
    pub const DEFAULT: Self =
        Self::At(SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7717));
}

/// Why a text is no mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is no mode of three octal digits, such as 660")]
pub struct ModeError;

impl FromStr for Mode {
    type Err = ModeError;

    fn from_str(text: &str) -> Result<Self, ModeError> {
        let is_mode = text.len() == 3 && text.bytes().all(|it| it.is_ascii_digit());
        let mode = u32::from_str_radix(text, 8).ok().filter(|_| is_mode);
        mode.map(Self).ok_or(ModeError)
    }
}

impl TryFrom<String> for Mode {
    type Error = ModeError;

    fn try_from(text: String) -> Result<Self, ModeError> {
        text.parse()
    }
}

/// Why a text says nothing of where to listen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is neither off nor an address such as 127.0.0.1:7717")]
pub struct ListenError;

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        if text == "off" { Ok(Self::Off) } else { text.parse().map(Self::At).map_err(|_| ListenError) }
    }
}

impl TryFrom<String> for Listen {
    type Error = ListenError;

    fn try_from(text: String) -> Result<Self, ListenError> {
        text.parse()
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::At(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_three_octal_digits() {
        assert_eq!("660".parse(), Ok(Mode(0o660)));
        for wrong in ["", "66", "0660", "888", "rw-", "+66"] {
            assert_eq!(wrong.parse::<Mode>(), Err(ModeError), "{wrong}");
        }
    }
}
