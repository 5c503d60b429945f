//! Points in the units of a gradebook: hundredths, because gradebooks show and compare two decimals.
//!
//! Never rounds twice: a grade is scaled once, from whole points.

use std::{fmt, str::FromStr};

/// Points, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Points(u64);

/// A text is no number of points.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is a number such as `20` or `12.5`, above 0 and at most 1000000")]
pub struct NoPoints;

/// No assignment is worth more.
const MOST: u64 = 100_000_000;

impl Points {
    /// Whole points.
    #[must_use]
    pub const fn whole(points: u32) -> Self {
        Self(points as u64 * 100)
    }

    /// `earned` of `possible` on a scale of which this is the maximum, rounded half up.
    #[must_use]
    pub fn share(self, earned: u32, possible: u32) -> Option<Self> {
        let possible = u64::from(possible);
        let doubled = (2 * self.0 * u64::from(earned) + possible).checked_div(2 * possible)?;
        Some(Self(doubled))
    }

    /// A number as a gradebook writes it: `10`, `10.00`, `1,234.5`, or with a decimal comma.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_number = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
        if !is_number || !text.contains(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let (whole, fraction) = text.rsplit_once(['.', ',']).unwrap_or((text, ""));
        let whole = whole.replace(['.', ','], "");
        let whole = if whole.is_empty() {
            0
        } else {
            whole.parse::<u64>().ok()?
        };
        // More than two decimals are not shown by any gradebook.
        let hundredths = format!("{fraction:0<2}");
        let (hundredths, rest) = hundredths.split_at_checked(2)?;
        if rest.bytes().any(|byte| byte != b'0') {
            return None;
        }
        let points = whole
            .checked_mul(100)?
            .checked_add(hundredths.parse().ok()?)?;
        (points <= MOST).then_some(Self(points))
    }

    /// As a gradebook takes it, without decimals that say nothing.
    #[must_use]
    pub fn written(self, decimal: char) -> String {
        let (whole, hundredths) = (self.0 / 100, self.0 % 100);
        let digits = format!("{hundredths:02}");
        match digits.trim_end_matches('0') {
            "" => whole.to_string(),
            digits => format!("{whole}{decimal}{digits}"),
        }
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written('.'))
    }
}

impl FromStr for Points {
    type Err = NoPoints;

    fn from_str(text: &str) -> Result<Self, NoPoints> {
        Self::read(text)
            .filter(|points| points.0 > 0)
            .ok_or(NoPoints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_gradebooks_write_them() {
        for (text, points) in [
            ("10", Some(1000)),
            (" 10.00 ", Some(1000)),
            ("10,5", Some(1050)),
            ("1,234.50", Some(123_450)),
            ("1.234,50", Some(123_450)),
            (".5", Some(50)),
            ("7.12000", Some(712)),
            ("7.123", None),
            ("", None),
            ("-", None),
            ("-1", None),
            ("EX", None),
            ("1e3", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(Points::read(text), points.map(Points), "{text:?}");
        }
    }

    #[test]
    fn a_share_is_rounded_once_and_written_short() {
        let share = |most, earned, possible| Points::whole(most).share(earned, possible).unwrap();
        assert_eq!(share(100, 1, 3).to_string(), "33.33");
        assert_eq!(share(100, 2, 3).to_string(), "66.67");
        assert_eq!(share(15, 5, 10).written(','), "7,5");
        assert_eq!(share(10, 10, 10).to_string(), "10");
        assert_eq!(share(10, 0, 10).to_string(), "0");
        assert_eq!(Points::whole(10).share(1, 0), None);
    }
}
