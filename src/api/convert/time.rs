//! Times between the wire, which has nanoseconds, the log, which has milliseconds, and texts.

use prost_types::Timestamp;

/// The milliseconds since 1970-01-01 UTC of a time on the wire; parts of one are left out.
///
/// # Errors
/// It is no time.
pub fn time_ms(time: &Timestamp) -> Result<i64, &'static str> {
    let millis = i64::from(time.nanos) / 1_000_000;
    let is_whole = (0..1_000_000_000).contains(&time.nanos);
    let time_ms = time.seconds.checked_mul(1_000).and_then(|seconds| seconds.checked_add(millis));
    time_ms.filter(|_| is_whole).ok_or("is no time: nanos are 0 to 999,999,999, seconds those of some year")
}

/// A time on the wire.
#[must_use]
pub fn timestamp(time_ms: i64) -> Timestamp {
    let millis = i32::try_from(time_ms.rem_euclid(1_000)).unwrap_or_default();
    Timestamp { seconds: time_ms.div_euclid(1_000), nanos: millis * 1_000_000 }
}

/// A time as people read it, always with milliseconds: `2026-03-03T09:30:00.000Z`.
#[must_use]
pub fn time_text(time_ms: i64) -> String {
    let text = timestamp(time_ms).to_string();
    if text.contains('.') { text } else { text.replace('Z', ".000Z") }
}

/// The milliseconds of a text: a date, or a date and time, in UTC where no offset is named.
///
/// # Errors
/// Says what a time looks like.
pub fn parse_time(text: &str) -> Result<i64, &'static str> {
    const LOOKS: &str = "is no time; write 2026-03-03, 2026-03-03T09:30:00Z or 2026-03-03T12:30:00+03:00";
    let time: Timestamp = text.parse().map_err(|_| LOOKS)?;
    time_ms(&time).map_err(|_| LOOKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_goes_to_the_wire_and_back() {
        for time in [0, 1, 999, 1_772_530_200_123, -1, -1_001] {
            assert_eq!(time_ms(&timestamp(time)), Ok(time));
            assert_eq!(parse_time(&time_text(time)), Ok(time));
        }
        assert!(time_ms(&Timestamp { seconds: 0, nanos: -1 }).is_err());
        assert!(time_ms(&Timestamp { seconds: i64::MAX, nanos: 0 }).is_err());
    }

    #[test]
    fn a_date_is_its_first_moment_in_utc() {
        let noon = parse_time("2026-03-03T12:00:00Z").unwrap();
        assert_eq!(parse_time("2026-03-03"), Ok(noon - 12 * 3_600_000));
        assert_eq!(parse_time("2026-03-03 15:00:00+03:00"), Ok(noon));
        assert_eq!(time_text(noon), "2026-03-03T12:00:00.000Z");
        for wrong in ["", "yesterday", "2026-13-01", "03.03.2026"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
