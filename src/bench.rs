//! The load generator: this service beside a no-op one that sends the same messages, in interleaved rounds.
//!
//! Both run as processes of their own, with the same transport; so the ratio says what deciding costs on top of
//! being asked, whatever the machine does meanwhile. Absolute rates are those of this machine and moment.

mod load;
mod noop;
mod process;
mod question;
mod report;
mod round;

pub use noop::serve as serve_noop;
pub use report::{Report, Row};
pub use round::{Case, Options, Transport, run};
