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

/// How much memory the server may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub enum MemoryLimit {
    /// As much as it likes.
    Off,
    /// So many bytes.
    Bytes(u64),
}

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

/// Why a text is no amount of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is neither off nor an amount such as 512MiB or 2GiB")]
pub struct MemoryLimitError;

impl FromStr for MemoryLimit {
    type Err = MemoryLimitError;

    fn from_str(text: &str) -> Result<Self, MemoryLimitError> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let mib = text.strip_suffix("MiB").map(|count| (count, 20));
        let (count, shift) = mib.or_else(|| Some((text.strip_suffix("GiB")?, 30))).ok_or(MemoryLimitError)?;
        let is_number = !count.is_empty() && count.bytes().all(|it| it.is_ascii_digit());
        let count: Option<u64> = count.parse().ok().filter(|_| is_number);
        let bytes = count.and_then(|count| count.checked_mul(1 << shift));
        bytes.map(Self::Bytes).ok_or(MemoryLimitError)
    }
}

impl TryFrom<String> for MemoryLimit {
    type Error = MemoryLimitError;

    fn try_from(text: String) -> Result<Self, MemoryLimitError> {
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
    fn memory_is_an_amount_with_a_unit() {
        assert_eq!("off".parse(), Ok(MemoryLimit::Off));
        assert_eq!("512MiB".parse(), Ok(MemoryLimit::Bytes(512 << 20)));
        assert_eq!("2GiB".parse(), Ok(MemoryLimit::Bytes(2 << 30)));
        for wrong in ["", "512", "MiB", "-1MiB", "+1MiB", "1.5GiB", "2 GiB", "2GB", "99999999999999GiB"] {
            assert_eq!(wrong.parse::<MemoryLimit>(), Err(MemoryLimitError), "{wrong}");
        }
    }

    #[test]
    fn a_mode_is_three_octal_digits() {
        assert_eq!("660".parse(), Ok(Mode(0o660)));
        for wrong in ["", "66", "0660", "888", "rw-", "+66"] {
            assert_eq!(wrong.parse::<Mode>(), Err(ModeError), "{wrong}");
        }
    }
}
