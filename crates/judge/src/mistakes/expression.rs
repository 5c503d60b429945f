//! The small language in which an exercise says what is computed of the data: `line(3) * line(17)`.
//!
//! Whole numbers with `+`, `-`, `*` and parentheses; and these names:
//!
//! | name | of one file |
//! | --- | --- |
//! | `line(N)` | the number on line N, counted from one |
//! | `join(A, B)` | the digits of A with the digits of B behind them |
//! | `size`, `lines`, `name` | its bytes, its lines, the bytes of its name |
//!
//! | name | of all files |
//! | --- | --- |
//! | `sum(A)` | the sum of A over all files |
//! | `count` | the number of files |
//!
//! Hides how it is read and computed. Never panics: what has no value, such as line 30 of a file of 20 lines, or a number
//! of more than 128 bits, is `None`.

use std::collections::BTreeSet;

use super::data::{DataFile, DataFiles};

/// Parentheses within parentheses, at most: each needs a part of the stack.
const DEEPEST: usize = 32;

/// An expression that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression(Node);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Number(i128),
    Line(u32),
    Size,
    Lines,
    Name,
    Count,
    Sum(Box<Node>),
    Join(Box<Node>, Box<Node>),
    Add(Box<Node>, Box<Node>),
    Subtract(Box<Node>, Box<Node>),
    Multiply(Box<Node>, Box<Node>),
    Negate(Box<Node>),
}

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpressionError {
    /// The byte at which it goes wrong, from zero.
    pub at: usize,
    /// What is wrong there.
    pub what: String,
}

/// Of what an expression speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Of one file.
    File,
    /// Of all files: what is said of one file stands within `sum(…)`.
    Total,
}

impl Expression {
    /// Read an expression.
    ///
    /// # Errors
    /// The first byte that does not fit, and what is expected there.
    pub fn parse(text: &str, scope: Scope) -> Result<Self, ExpressionError> {
        let mut parser = Parser {
            text,
            at: 0,
            depth: 0,
            scope,
        };
        let node = parser.sum()?;
        parser.skip_space();
        if parser.at < text.len() {
            return Err(parser.wrong("expected `+`, `-`, `*` or the end"));
        }
        Ok(Self(node))
    }

    /// Its value for one file.
    #[must_use]
    pub fn of_file(&self, file: &DataFile) -> Option<i128> {
        self.0.value(&Of::File(file, &|line| line))
    }

    /// Its value for one file, where other lines are taken than it says.
    #[must_use]
    pub(super) fn of_file_with(&self, file: &DataFile, other: &dyn Fn(u32) -> u32) -> Option<i128> {
        self.0.value(&Of::File(file, other))
    }

    /// Its value for all files.
    #[must_use]
    pub fn of_all(&self, data: &DataFiles) -> Option<i128> {
        self.0.value(&Of::Total(data))
    }

    /// The lines that it names.
    #[must_use]
    pub fn lines(&self) -> Vec<u32> {
        let mut lines = BTreeSet::new();
        self.0.lines(&mut lines);
        lines.into_iter().collect()
    }
}

/// What a value is computed of.
enum Of<'a> {
    File(&'a DataFile, &'a dyn Fn(u32) -> u32),
    Total(&'a DataFiles),
}

impl Node {
    fn value(&self, of: &Of<'_>) -> Option<i128> {
        Some(match (self, of) {
            (Self::Number(number), _) => *number,
            (Self::Line(line), Of::File(file, other)) => file.line(other(*line))?.into(),
            (Self::Size, Of::File(file, _)) => file.size.into(),
            (Self::Lines, Of::File(file, _)) => i128::try_from(file.numbers.len()).ok()?,
            (Self::Name, Of::File(file, _)) => i128::try_from(file.name.len()).ok()?,
            (Self::Count, Of::Total(data)) => i128::try_from(data.files().len()).ok()?,
            (Self::Sum(node), Of::Total(data)) => {
                let mut sum = 0_i128;
                for file in data.files() {
                    let value = node.value(&Of::File(file, &|line| line))?;
                    sum = sum.checked_add(value)?;
                }
                sum
            }
            (Self::Join(left, right), _) => {
                let (left, right) = (left.value(of)?, right.value(of)?);
                format!("{left}{right}").parse().ok()?
            }
            (Self::Add(left, right), _) => left.value(of)?.checked_add(right.value(of)?)?,
            (Self::Subtract(left, right), _) => left.value(of)?.checked_sub(right.value(of)?)?,
            (Self::Multiply(left, right), _) => left.value(of)?.checked_mul(right.value(of)?)?,
            (Self::Negate(node), _) => node.value(of)?.checked_neg()?,
            // The parser refuses these.
            (Self::Line(_) | Self::Size | Self::Lines | Self::Name, Of::Total(_))
            | (Self::Count | Self::Sum(_), Of::File(..)) => return None,
        })
    }

    fn lines(&self, lines: &mut BTreeSet<u32>) {
        match self {
            Self::Line(line) => {
                lines.insert(*line);
            }
            Self::Sum(node) | Self::Negate(node) => node.lines(lines),
            Self::Join(left, right)
            | Self::Add(left, right)
            | Self::Subtract(left, right)
            | Self::Multiply(left, right) => {
                left.lines(lines);
                right.lines(lines);
            }
            Self::Number(_) | Self::Size | Self::Lines | Self::Name | Self::Count => {}
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    scope: Scope,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<Node, ExpressionError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong(&format!("more than {DEEPEST} parentheses are open")));
        }
        let mut left = self.product()?;
        loop {
            if self.take('+') {
                left = Node::Add(Box::new(left), Box::new(self.product()?));
            } else if self.take('-') {
                left = Node::Subtract(Box::new(left), Box::new(self.product()?));
            } else {
                self.depth -= 1;
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Result<Node, ExpressionError> {
        let mut left = self.factor()?;
        while self.take('*') {
            left = Node::Multiply(Box::new(left), Box::new(self.factor()?));
        }
        Ok(left)
    }

    fn factor(&mut self) -> Result<Node, ExpressionError> {
        if self.take('-') {
            // Not a call of itself: a row of signs has no bound.
            return Ok(Node::Negate(Box::new(self.atom()?)));
        }
        self.atom()
    }

    fn atom(&mut self) -> Result<Node, ExpressionError> {
        if self.take('(') {
            let node = self.sum()?;
            self.expect(')')?;
            return Ok(node);
        }
        self.skip_space();
        let start = self.at;
        let rest = &self.text[start..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let word = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            let Ok(number) = word.parse() else {
                return Err(self.wrong(&format!("`{word}` is no whole number of at most 128 bits")));
            };
            self.at += word.len();
            return Ok(Node::Number(number));
        }
        let scope = match word {
            "line" | "size" | "lines" | "name" => Some(Scope::File),
            "sum" | "count" => Some(Scope::Total),
            "join" => None,
            "" => {
                return Err(self.wrong("expected a number, a name such as `line(3)`, or `(`"));
            }
            _ => {
                return Err(self.wrong(&format!(
                    "`{word}` is none of line(N), join(A, B), size, lines, name, sum(A), count"
                )));
            }
        };
        match scope {
            Some(Scope::File) if self.scope == Scope::Total => {
                return Err(self.wrong(&format!(
                    "`{word}` is of one file: write it within `sum(…)`"
                )));
            }
            Some(Scope::Total) if self.scope == Scope::File => {
                return Err(self.wrong(&format!(
                    "`{word}` is of all files, and this is computed of each file: use `total` in place of `value`"
                )));
            }
            _ => {}
        }
        self.at += word.len();
        Ok(match word {
            "size" => Node::Size,
            "lines" => Node::Lines,
            "name" => Node::Name,
            "count" => Node::Count,
            "line" => {
                self.expect('(')?;
                self.skip_space();
                let rest = &self.text[self.at..];
                let digits =
                    rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                let line = rest[..digits].parse().ok().filter(|line| *line > 0);
                let Some(line) = line else {
                    return Err(self.wrong("expected the number of a line, counted from one"));
                };
                self.at += digits;
                self.expect(')')?;
                Node::Line(line)
            }
            "sum" => {
                self.expect('(')?;
                self.scope = Scope::File;
                let node = self.sum();
                self.scope = Scope::Total;
                let node = node?;
                self.expect(')')?;
                Node::Sum(Box::new(node))
            }
            // `join`: all other words were refused.
            _ => {
                self.expect('(')?;
                let left = self.sum()?;
                self.expect(',')?;
                let right = self.sum()?;
                self.expect(')')?;
                Node::Join(Box::new(left), Box::new(right))
            }
        })
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip_space();
        let found = self.text[self.at..].starts_with(sign);
        if found {
            self.at += sign.len_utf8();
        }
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), ExpressionError> {
        if self.take(sign) {
            Ok(())
        } else {
            Err(self.wrong(&format!("expected `{sign}`")))
        }
    }

    fn wrong(&self, what: &str) -> ExpressionError {
        ExpressionError {
            at: self.at,
            what: what.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn data() -> DataFiles {
        let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        let files = [file("a", "1\n20\n300\n"), file("bc", "4\n5\n6\n")];
        DataFiles::new(
            files
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_slice())),
        )
    }

    #[test]
    fn values_are_those_of_arithmetic() {
        for (text, first) in [
            ("line(1)", Some(1)),
            ("line( 2 )*line(3)", Some(6000)),
            ("1 + 2 * 3 - 4", Some(3)),
            ("(1 + 2) * -3", Some(-9)),
            ("10 - 3 - 2", Some(5)),
            ("join(line(2), line(3))", Some(20_300)),
            ("size + lines + name", Some(13)),
            ("line(4)", None),
            ("170141183460469231731687303715884105727 + 1", None),
        ] {
            let expression = Expression::parse(text, Scope::File).unwrap();
            assert_eq!(expression.of_file(&data().files()[0]), first, "{text}");
        }
        for (text, all) in [
            ("sum(line(2) * line(3))", Some(6030)),
            ("sum(line(1)) * sum(line(2))", Some(125)),
            ("count", Some(2)),
            ("join(count, 7)", Some(27)),
            ("sum(line(9))", None),
        ] {
            let expression = Expression::parse(text, Scope::Total).unwrap();
            assert_eq!(expression.of_all(&data()), all, "{text}");
        }
        let both = Expression::parse("line(3) * (line(17) + line(3))", Scope::File).unwrap();
        assert_eq!(both.lines(), [3, 17]);
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        for (text, scope, at, what) in [
            ("", Scope::File, 0, "expected a number"),
            ("line(3) +", Scope::File, 9, "expected a number"),
            ("line(0)", Scope::File, 5, "counted from one"),
            ("line(3", Scope::File, 6, "expected `)`"),
            ("line(3) line(4)", Scope::File, 8, "expected `+`"),
            ("lime(3)", Scope::File, 0, "`lime` is none of line(N)"),
            ("sum(line(3))", Scope::File, 0, "is of all files"),
            ("line(3)", Scope::Total, 0, "within `sum(…)`"),
            ("sum(sum(line(3)))", Scope::Total, 4, "is of all files"),
            ("join(1 2)", Scope::File, 7, "expected `,`"),
            ("1é", Scope::File, 1, "expected `+`"),
            (
                "99999999999999999999999999999999999999999",
                Scope::File,
                0,
                "128 bits",
            ),
        ] {
            let error = Expression::parse(text, scope).unwrap_err();
            assert_eq!(error.at, at, "{text}: {}", error.what);
            assert!(error.what.contains(what), "{text}: {}", error.what);
        }
        let deep = "(".repeat(100_000);
        assert!(Expression::parse(&deep, Scope::File).is_err());
        assert!(Expression::parse(&"-".repeat(100_000), Scope::File).is_err());
    }

    /// An expression, and its value for the first file.
    fn expression() -> impl Strategy<Value = (String, i128)> {
        let leaf = prop_oneof![
            (0_i128..1000).prop_map(|n| (n.to_string(), n)),
            Just(("line(2)".to_owned(), 20)),
            Just(("size".to_owned(), 9)),
        ];
        leaf.prop_recursive(5, 40, 2, |inner| {
            (inner.clone(), inner, 0..4).prop_map(|((a, x), (b, y), sign)| match sign {
                0 => (format!("({a} + {b})"), x + y),
                1 => (format!("({a}-{b})"), x - y),
                2 => (format!("({a}) * ({b})"), x.saturating_mul(y)),
                _ => (format!("-({a})"), -x),
            })
        })
    }

    proptest! {
        #[test]
        fn any_expression_has_the_value_of_its_parts((text, value) in expression()) {
            let expression = Expression::parse(&text, Scope::File);
            prop_assert!(expression.is_ok(), "{text}: {expression:?}");
            prop_assert_eq!(expression.unwrap().of_file(&data().files()[0]), Some(value), "{}", text);
        }

        #[test]
        fn no_text_is_a_panic(text in "[-+*(), a-z0-9é]{0,40}") {
            for scope in [Scope::File, Scope::Total] {
                if let Err(error) = Expression::parse(&text, scope) {
                    prop_assert!(text.is_char_boundary(error.at));
                }
            }
        }
    }
}
