//! Read a date and a time from a name, so that attempts are ordered by them.
//!
//! Hides the ways in which systems write dates. A date is written anew as `2026-09-24 21:26:00`, in which the
//! order of bytes is the order of time. A text in which day and month could be confused gives no date.

use ids::words::MONTHS;

/// Months that are spelled otherwise in German, and their numbers.
const IN_GERMAN: [(&str, usize); 9] = [
    ("januar", 1),
    ("februar", 2),
    ("märz", 3),
    ("mrz", 3),
    ("mai", 5),
    ("juni", 6),
    ("juli", 7),
    ("oktober", 10),
    ("dezember", 12),
];

/// The date and time in `text`: `2026-09-24-21-26-00`, `20260924T2126`, `Oct 1, 2026 1005 AM`, `24.9.2026 21:26`.
pub(super) fn read(text: &str) -> Option<String> {
    let same_kind = |a: &char, b: &char| {
        a.is_ascii_digit() && b.is_ascii_digit() || a.is_alphabetic() && b.is_alphabetic()
    };
    let chars = text.chars().collect::<Vec<_>>();
    let runs = chars.chunk_by(same_kind);
    let (mut numbers, mut words) = (Vec::new(), Vec::new());
    for run in runs {
        let run_text: String = run.iter().collect();
        if run[0].is_ascii_digit() {
            numbers.push(run_text);
        } else if run[0].is_alphabetic() {
            words.push(run_text.to_lowercase());
        }
    }
    let month = words.iter().find_map(|word| {
        let is_short = |month: &str| word.len() >= 3 && month.starts_with(word.as_str());
        let at = MONTHS
            .iter()
            .position(|month| is_short(month) || word == "sept" && *month == "september");
        let mut german = IN_GERMAN.iter().filter(|(month, _)| is_short(month));
        let at = at
            .map(|at| at + 1)
            .or_else(|| german.next().map(|&(_, at)| at));
        at.and_then(|at| u32::try_from(at).ok())
    });
    let half = ["am", "pm"]
        .iter()
        .position(|half| words.iter().any(|word| word == half));
    let (date, time) = match month {
        Some(month) => with_month(month, &numbers)?,
        None => in_numbers(text, &numbers)?,
    };
    let (hour, minute, second) = clock(&time, half)?;
    let (year, month, day) = date;
    let holds = (1900..2200).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    holds.then(|| format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"))
}

type Date = (u32, u32, u32);

fn with_month(month: u32, numbers: &[String]) -> Option<(Date, Vec<String>)> {
    let is_year = |number: &String| {
        number.len() == 4 && (number.starts_with("19") || number.starts_with("20"))
    };
    let year = numbers.iter().position(is_year)?;
    let day = numbers.iter().position(|number| number.len() <= 2)?;
    let rest = numbers.iter().enumerate().skip(year.max(day) + 1);
    let rest = rest.map(|(_, number)| number.clone()).collect();
    Some((
        (
            numbers[year].parse().ok()?,
            month,
            numbers[day].parse().ok()?,
        ),
        rest,
    ))
}

fn in_numbers(text: &str, numbers: &[String]) -> Option<(Date, Vec<String>)> {
    let first = numbers.first()?;
    let number = |digits: &str| digits.parse::<u32>().ok();
    if first.len() >= 8 {
        // `20260924`, and time and milliseconds behind it or apart.
        let date = (
            number(&first[..4])?,
            number(&first[4..6])?,
            number(&first[6..8])?,
        );
        let mut time = vec![first[8..].chars().take(6).collect::<String>()];
        time.extend(numbers[1..].iter().cloned());
        time.retain(|part| !part.is_empty());
        return (first.len() <= 17).then_some((date, time));
    }
    let [first, second, third, rest @ ..] = numbers else {
        return None;
    };
    let date = if first.len() == 4 {
        (number(first)?, number(second)?, number(third)?)
    } else if third.len() == 4 && text.contains('.') {
        (number(third)?, number(second)?, number(first)?)
    } else {
        return None;
    };
    Some((date, rest.to_vec()))
}

/// Hour, minute and second; `half` is 0 in the morning and 1 in the afternoon.
fn clock(parts: &[String], half: Option<usize>) -> Option<Date> {
    let mut parts = parts.to_vec();
    if let Some(joined) = parts.first().filter(|part| part.len() > 2).cloned() {
        // Two digits each, from the right: `926` is 9:26.
        let padded = if joined.len() % 2 == 1 {
            format!("0{joined}")
        } else {
            joined
        };
        parts = padded
            .as_bytes()
            .chunks(2)
            .map(|two| String::from_utf8_lossy(two).into_owned())
            .collect();
    }
    let mut numbers = parts.iter().map(|part| part.parse::<u32>().ok());
    let mut next = || numbers.next().unwrap_or(Some(0));
    let (hour, minute, second) = (next()?, next()?, next()?);
    let hour = match half {
        Some(half) if hour <= 12 => hour % 12 + if half == 0 { 0 } else { 12 },
        _ => hour,
    };
    Some((hour, minute, second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_systems_write_them() {
        for (text, date) in [
            ("2026-09-24-21-26-00", "2026-09-24 21:26:00"),
            ("Oct 1, 2026 1005 AM", "2026-10-01 10:05:00"),
            ("Sep 30, 2026 926 PM", "2026-09-30 21:26:00"),
            ("Sep 30, 2026 9:26 PM", "2026-09-30 21:26:00"),
            ("30 September, 2026 2126", "2026-09-30 21:26:00"),
            ("Oct 1, 2026 1205 AM", "2026-10-01 00:05:00"),
            ("May 1, 2026", "2026-05-01 00:00:00"),
            ("1. Oktober 2026 0905", "2026-10-01 09:05:00"),
            ("1 März 2026 0905", "2026-03-01 09:05:00"),
            ("20260924", "2026-09-24 00:00:00"),
            ("20260924T2126", "2026-09-24 21:26:00"),
            ("20261001101500123", "2026-10-01 10:15:00"),
            ("2026-10-01 12:00:00.000000000 Z", "2026-10-01 12:00:00"),
            ("24.9.2026 21:26", "2026-09-24 21:26:00"),
        ] {
            assert_eq!(read(text).as_deref(), Some(date), "{text}");
        }
    }

    #[test]
    fn what_may_be_another_date_is_none() {
        for text in [
            "",
            "1/2/2026",
            "Oct",
            "Oct 1",
            "2024001",
            "Foo 1, 2026",
            "99999999",
            "2026-13-01",
            "é",
            "1 2 3",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,60}", digits in "[0-9 .:APMapmOct-]{0,40}") {
            let _ = (read(&text), read(&digits));
        }
    }
}
