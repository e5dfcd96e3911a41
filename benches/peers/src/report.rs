//! The table.

use std::fmt;
use std::time::Duration;

/// One line of the table.
pub struct Row {
    peer: String,
    how: String,
    asked: usize,
    elapsed: Duration,
    /// Median and 99th percentile of a call.
    latency: Option<[Duration; 2]>,
}

impl Row {
    pub fn new(peer: &str, how: &str, asked: usize, elapsed: Duration) -> Self {
        Self { peer: peer.to_owned(), how: how.to_owned(), asked, elapsed, latency: None }
    }

    /// With the percentiles of these calls.
    pub fn with_times(mut self, mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        self.latency = Some([at(50), at(99)]);
        self
    }
}

impl fmt::Display for Row {
    fn fmt(&self, line: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.asked == 0 {
            return write!(line, "| {} | {} | not timed | | | |", self.peer, self.how);
        }
        let asked = u32::try_from(self.asked).unwrap_or(u32::MAX);
        let rate = f64::from(asked) / self.elapsed.as_secs_f64();
        write!(line, "| {} | {} | {rate:.0} | {:.2} |", self.peer, self.how, 1e6 / rate)?;
        match self.latency {
            Some(latency) => {
                let [median, tail] = latency.map(|time| time.as_secs_f64() * 1e6);
                write!(line, " {median:.0} | {tail:.0} |")
            }
            None => write!(line, " | |"),
        }
    }
}

/// The whole table in Markdown.
pub struct Table(pub Vec<Row>);

impl fmt::Display for Table {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(text, "| engine | how | decisions/s | µs a decision | p50, µs | p99, µs |")?;
        writeln!(text, "| --- | --- | ---: | ---: | ---: | ---: |")?;
        self.0.iter().try_for_each(|row| writeln!(text, "{row}"))
    }
}
