//! A mistake that an exercise knows: what a program computes that makes it.
//!
//! It is data of the exercise. Hides how the total is computed from it. Never knows what was printed.

use super::{
    data::{DataFile, DataFiles},
    expression::Expression,
};

/// A mistake that an exercise knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Its name, which a record has as the diagnosis.
    pub id: String,
    /// What a program computes that makes it.
    pub computed: Computed,
    /// The mistake in a sentence for a student, without full stop.
    pub says: String,
    /// What to try, in a sentence for a student. Never the solution.
    pub advice: String,
    /// A submission that makes the mistake: a folder, seen from the course's.
    pub example: Option<String>,
}

/// What a program computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Computed {
    /// A number of the whole.
    Total(Expression),
    /// A value of each file, put together.
    Files {
        /// The value; `None` for the right one.
        value: Option<Expression>,
        /// Which files.
        files: Choice,
        /// How values are put together.
        combine: Combine,
        /// The type in which it computes, if that is too small.
        number: Option<(Number, Where)>,
    },
}

/// Which files count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// All, once each.
    #[default]
    All,
    /// All but the first.
    AllButFirst,
    /// All but the last.
    AllButLast,
    /// The first alone.
    First,
    /// The last alone, as where each value replaces the one before.
    Last,
    /// All, and the first once more.
    FirstTwice,
    /// All, and the last once more.
    LastTwice,
}

/// How the values of files are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Combine {
    /// They are added.
    #[default]
    Sum,
    /// They are multiplied.
    Product,
    /// Their digits are written one after the other.
    Concatenated,
}

/// A type of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// A whole number of so many bits, with a sign or not. It wraps around.
    Integer {
        /// At most 64.
        bits: u32,
        /// Whether it has a sign.
        signed: bool,
    },
    /// A float of 32 bits.
    F32,
}

/// Where a type is too small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Where {
    /// Everywhere.
    #[default]
    Total,
    /// In the value of each file; the total has room.
    Value,
}

impl Number {
    /// The type that Rust calls so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if name == "f32" {
            return Some(Self::F32);
        }
        let signed = match name.as_bytes().first()? {
            b'i' => true,
            b'u' => false,
            _ => return None,
        };
        let bits = [8, 16, 32, 64];
        let bits = bits
            .into_iter()
            .find(|bits| name[1..] == bits.to_string())?;
        Some(Self::Integer { bits, signed })
    }

    /// What becomes of a value that is written into it.
    fn cut(self, value: i128) -> i128 {
        match self {
            Self::Integer { bits, signed } => {
                let size = 1_i128 << bits;
                let rest = value.rem_euclid(size);
                if signed && rest >= size / 2 {
                    rest - size
                } else {
                    rest
                }
            }
            Self::F32 => value,
        }
    }
}

impl Mistake {
    /// How many totals there are at most, where a small type allows no more.
    #[must_use]
    pub(super) fn most_totals(&self) -> Option<u32> {
        match &self.computed {
            Computed::Files {
                number: Some((Number::Integer { bits, .. }, Where::Total)),
                ..
            } => 1_u32.checked_shl(*bits),
            _ => None,
        }
    }

    /// The totals that a program prints which makes the mistake: one for files in the order of their names, and one in
    /// the order in which a program lists them, where that matters and is known. `right` is the value of a file that
    /// is asked for.
    #[must_use]
    pub fn totals(&self, right: &Expression, data: &DataFiles) -> Vec<String> {
        match &self.computed {
            Computed::Total(expression) => {
                let total = expression.of_all(data);
                total.iter().map(ToString::to_string).collect()
            }
            Computed::Files {
                value,
                files,
                combine,
                number,
            } => {
                let value = value.as_ref().unwrap_or(right);
                let values: Option<Vec<i128>> = data
                    .files()
                    .iter()
                    .map(|file: &DataFile| value.of_file(file))
                    .collect();
                let Some(values) = values else {
                    return Vec::new();
                };
                let has_order = *files != Choice::All || *combine == Combine::Concatenated;
                let listed = data.listing().filter(|_| has_order);
                let listed =
                    listed.map(|places| places.iter().map(|&place| values[place]).collect());
                let orders = [Some(values), listed];
                let totals = orders.iter().flatten();
                totals
                    .filter_map(|values| total(&files.of(values), *combine, *number))
                    .collect()
            }
        }
    }
}

impl Choice {
    fn of(self, values: &[i128]) -> Vec<i128> {
        let (first, last) = (values.first(), values.last());
        let all_but_first = values.get(1..).unwrap_or_default();
        let all_but_last = &values[..values.len().saturating_sub(1)];
        let (some, more) = match self {
            Self::All => (values, None),
            Self::AllButFirst => (all_but_first, None),
            Self::AllButLast => (all_but_last, None),
            Self::First => (&[][..], first),
            Self::Last => (&[][..], last),
            Self::FirstTwice => (values, first),
            Self::LastTwice => (values, last),
        };
        some.iter().chain(more).copied().collect()
    }
}

/// The values put together, as Rust prints the total.
fn total(values: &[i128], combine: Combine, number: Option<(Number, Where)>) -> Option<String> {
    let in_value = number.filter(|(_, place)| *place == Where::Value);
    let in_total = number.filter(|(_, place)| *place == Where::Total);
    let cut = |value, number: Option<(Number, Where)>| {
        number.map_or(value, |(number, _)| number.cut(value))
    };
    let mut values = values.iter().map(|&value| cut(value, in_value));
    match combine {
        Combine::Concatenated => Some(values.map(|value| value.to_string()).collect()),
        Combine::Sum | Combine::Product if matches!(in_total, Some((Number::F32, _))) => {
            // Rounded as the program rounds.
            #[expect(clippy::cast_precision_loss, reason = "this is the mistake")]
            let floats = values.map(|value| value as f32);
            let total: f32 = match combine {
                Combine::Product => floats.product(),
                _ => floats.sum(),
            };
            Some(total.to_string())
        }
        Combine::Sum => values
            .try_fold(0_i128, |sum, value| {
                Some(cut(sum.checked_add(value)?, in_total))
            })
            .map(|total| total.to_string()),
        Combine::Product => values
            .try_fold(1_i128, |product, value| {
                Some(cut(product.checked_mul(value)?, in_total))
            })
            .map(|total| total.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mistakes::expression::Scope;

    fn mistake(computed: Computed) -> Mistake {
        Mistake {
            id: "mistake".into(),
            computed,
            says: String::new(),
            advice: String::new(),
            example: None,
        }
    }

    #[test]
    fn totals_are_what_a_program_prints() {
        let texts = ["3\n4\n", "200\n5\n", "7\n9\n"];
        let files = ["a", "b", "c"].into_iter().zip(texts);
        let data = DataFiles::new(files.map(|(name, text)| (name, text.as_bytes())));
        let data = data.listed(&["c".into(), "a".into(), "b".into()]);
        let right = Expression::parse("line(1) * line(2)", Scope::File).unwrap();
        // 12, 1000, 63
        let totals = |files, combine, number| {
            let computed = Computed::Files {
                value: None,
                files,
                combine,
                number,
            };
            mistake(computed).totals(&right, &data)
        };
        let number = |name| Number::named(name).unwrap();
        let sum = |files| totals(files, Combine::Sum, None);
        assert_eq!(sum(Choice::All), ["1075"]);
        assert_eq!(sum(Choice::AllButFirst), ["1063", "1012"]);
        assert_eq!(sum(Choice::AllButLast), ["1012", "75"]);
        assert_eq!(sum(Choice::First), ["12", "63"]);
        assert_eq!(sum(Choice::Last), ["63", "1000"]);
        assert_eq!(sum(Choice::FirstTwice), ["1087", "1138"]);
        assert_eq!(sum(Choice::LastTwice), ["1138", "2075"]);
        let all = |combine, number| totals(Choice::All, combine, number);
        assert_eq!(all(Combine::Concatenated, None), ["12100063", "63121000"]);
        assert_eq!(all(Combine::Product, None), ["756000"]);
        for (name, place, total) in [
            ("u8", Where::Total, "51"),
            ("u8", Where::Value, "307"),
            ("i8", Where::Total, "51"),
            ("i8", Where::Value, "51"),
            ("u16", Where::Total, "1075"),
            ("f32", Where::Total, "1075"),
        ] {
            let sum = all(Combine::Sum, Some((number(name), place)));
            assert_eq!(sum, [total], "{name}");
        }
        let product = all(Combine::Product, Some((number("i16"), Where::Total)));
        assert_eq!(product, ["-30432"]);
        assert_eq!(Number::named("u7"), None);
        assert_eq!(Number::named("é"), None);
        assert_eq!(Number::named(""), None);
        let whole = Expression::parse("sum(line(1)) * sum(line(2))", Scope::Total).unwrap();
        assert_eq!(
            mistake(Computed::Total(whole)).totals(&right, &data),
            ["3780"]
        );
    }
}
