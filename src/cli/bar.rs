//! A bar on stderr for what takes its time; nothing where stderr is no terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts objects, up to a total if it is known.
pub(super) fn bar(total: Option<u64>) -> ProgressBar {
    let (bar, text) = match total {
        Some(total) => (ProgressBar::new(total), "{wide_bar} {human_pos} of {human_len} objects, {per_sec}"),
        None => (ProgressBar::new_spinner(), "{spinner} {human_pos} objects, {per_sec}"),
    };
    // A text that is none leaves the bar as it is.
    match ProgressStyle::with_template(text) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
