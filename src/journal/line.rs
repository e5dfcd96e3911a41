//! A line: an event as CloudEvents 1.0 has it in JSON, written piece by piece into a buffer that is used again.

use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// The seconds of a day.
const DAY: u64 = 86_400;

/// A line that is being written.
///
/// INVARIANT: names are plain words, so that they stand in quotes as they are.
pub(super) struct Line<'a> {
    out: &'a mut Vec<u8>,
    /// Where it begins.
    start: usize,
    is_first: bool,
}

impl<'a> Line<'a> {
    /// Begins a line.
    pub(super) fn begin(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        out.push(b'{');
        let mut line = Self { out, start, is_first: true };
        line.word("specversion", "1.0");
        line
    }

    fn name(&mut self, name: &str) {
        let lead = if std::mem::take(&mut self.is_first) { "\"" } else { ",\"" };
        self.raw([lead, name, "\":"]);
    }

    fn raw(&mut self, parts: [&str; 3]) {
        for part in parts {
            self.out.extend_from_slice(part.as_bytes());
        }
    }

    /// Adds a plain word, which stands in quotes as it is: to look through it costs as much as to write it.
    pub(super) fn word(&mut self, name: &str, word: &str) {
        self.name(name);
        self.raw(["\"", word, "\""]);
    }

    /// Adds a text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        // Writing to memory doesn't fail, and a text is JSON.
        drop(serde_json::to_writer(&mut *self.out, text));
    }

    /// Adds a text, if there is one.
    pub(super) fn text_if_any(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// Adds what is JSON already, or a number.
    pub(super) fn json(&mut self, name: &str, json: impl std::fmt::Display) {
        self.name(name);
        // Writing to memory doesn't fail.
        drop(write!(self.out, "{json}"));
    }

    /// Adds texts that are plain words, such as the numbers of rules.
    pub(super) fn texts(&mut self, name: &str, words: &[&str]) {
        self.name(name);
        for (at, word) in words.iter().enumerate() {
            let lead = if at == 0 { "[\"" } else { ",\"" };
            self.raw([lead, word, "\""]);
        }
        self.out.extend_from_slice(if words.is_empty() { b"[]" } else { b"]" });
    }

    /// Adds where the event comes from: a store by its id, or the service.
    pub(super) fn source(&mut self, store: Option<&str>) {
        self.name("source");
        self.raw(["\"/dopusk/", store.unwrap_or_default(), "\""]);
    }

    /// Begins a list; what is between it and its end is JSON that is added as it is.
    pub(super) fn open_list(&mut self, name: &str) {
        self.name(name);
        self.out.push(b'[');
        self.is_first = true;
    }

    /// Adds an item of a list.
    pub(super) fn item(&mut self, json: &str) {
        let lead = if std::mem::take(&mut self.is_first) { "" } else { "," };
        self.raw([lead, json, ""]);
    }

    /// Ends a list.
    pub(super) fn close_list(&mut self) {
        self.out.push(b']');
        self.is_first = false;
    }

    /// Begins what the event is about.
    pub(super) fn open(&mut self, name: &str) {
        self.name(name);
        self.out.push(b'{');
        self.is_first = true;
    }

    /// Ends what the event is about.
    pub(super) fn close(&mut self) {
        self.out.push(b'}');
        self.is_first = false;
    }

    /// What it says so far.
    pub(super) fn bytes(&self) -> &[u8] {
        self.out.get(self.start..).unwrap_or_default()
    }

    /// Ends the line.
    pub(super) fn end(self) {
        self.out.extend_from_slice(b"}\n");
    }
}

/// Times as texts: `2026-03-03T09:30:00.000000Z`. The part down to the second is kept for the next one.
#[derive(Debug, Default)]
pub(super) struct Clock {
    second: Option<u64>,
    text: String,
}

impl Clock {
    /// The text of a time; of one before 1970, that of its beginning.
    pub(super) fn text(&mut self, time: SystemTime) -> &str {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        if self.second != Some(since.as_secs()) {
            self.second = Some(since.as_secs());
            self.text = to_the_second(since.as_secs());
        }
        self.text.truncate("2026-03-03T09:30:00".len());
        self.text.push('.');
        // Each line has one, and formatting costs several times as much.
        for unit in [100_000, 10_000, 1_000, 100, 10, 1] {
            self.text.extend(char::from_digit(since.subsec_micros() / unit % 10, 10));
        }
        self.text.push('Z');
        &self.text
    }
}

fn to_the_second(seconds: u64) -> String {
    let (year, month, day) = date(seconds / DAY);
    let (hour, minute, second) = (seconds % DAY / 3_600, seconds % 3_600 / 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// The date of a day since 1970-01-01: years begin with March, so that the day that is not always there is the last one.
const fn date(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, of_month)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_line_is_json_whatever_is_in_it() {
        let mut out = Vec::new();
        let mut line = Line::begin(&mut out);
        line.text("id", "a\"\n\u{7f}я");
        line.open("data");
        line.json("count", 3);
        line.text_if_any("none", None);
        line.close();
        line.json("sequence", 7);
        line.end();
        let text = String::from_utf8(out).unwrap();
        let wanted =
            "{\"specversion\":\"1.0\",\"id\":\"a\\\"\\n\u{7f}я\",\"data\":{\"count\":3},\"sequence\":7}\n";
        assert_eq!(text, wanted);
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        let mut clock = Clock::default();
        let known = [
            (0, "1970-01-01T00:00:00"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_772_530_200, "2026-03-03T09:30:00"),
            (4_107_542_399, "2100-02-28T23:59:59"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ];
        for (seconds, text) in known {
            let time = UNIX_EPOCH + Duration::new(seconds, 1_234_000);
            assert_eq!(clock.text(time), format!("{text}.001234Z"));
        }
        for day in 0..80_000_u64 {
            let (year, month, of_month) = date(day);
            let (next_year, next_month, next) = date(day + 1);
            let is_next_day = (year, month, of_month + 1) == (next_year, next_month, next);
            let is_next_month = next == 1 && (year * 12 + month + 1) == next_year * 12 + next_month;
            assert!(is_next_day || is_next_month, "{year}-{month}-{of_month}");
        }
    }
}
