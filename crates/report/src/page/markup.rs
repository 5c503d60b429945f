//! Write HTML: the one place of the page where tags are written and where text becomes harmless.
//!
//! Names of tags and attributes are constants of this program, so only text and the values of attributes can come from
//! a submission. Both are written with nothing in them that acts: not as markup, and not as a control character or a
//! change of direction. Hides how that is spelled. Never takes markup that was made elsewhere, but for the style and
//! the script of this crate.

use crate::escape::{escape_block, escape_line};

/// The attributes of an element.
pub(super) type Attributes<'a> = [(&'static str, &'a str)];

/// A document, or a part of one, while it is written.
#[derive(Debug, Default)]
pub(super) struct Markup {
    text: String,
    open: Vec<&'static str>,
}

impl Markup {
    /// A document that has its first line.
    pub(super) fn document() -> Self {
        Self {
            text: "<!DOCTYPE html>\n".to_owned(),
            open: Vec::new(),
        }
    }

    /// An element, and what `inside` writes into it.
    pub(super) fn element(
        &mut self,
        tag: &'static str,
        attributes: &Attributes<'_>,
        inside: impl FnOnce(&mut Self),
    ) {
        self.begin(tag, attributes);
        inside(self);
        self.end();
    }

    /// An element with a text in it. Each part in backticks is shown as code.
    pub(super) fn leaf(&mut self, tag: &'static str, attributes: &Attributes<'_>, text: &str) {
        self.element(tag, attributes, |page| page.words(text));
    }

    /// The beginning of an element, for contents that are written part by part.
    pub(super) fn begin(&mut self, tag: &'static str, attributes: &Attributes<'_>) {
        self.tag(tag, attributes, ">");
        self.open.push(tag);
    }

    /// The end of the element that was begun last.
    pub(super) fn end(&mut self) {
        if let Some(tag) = self.open.pop() {
            self.text += "</";
            self.text += tag;
            self.text.push('>');
            if ends_a_line(tag) {
                self.text.push('\n');
            }
        }
    }

    /// An element of HTML that cannot have contents.
    pub(super) fn void(&mut self, tag: &'static str, attributes: &Attributes<'_>) {
        self.tag(tag, attributes, ">");
    }

    /// An element of SVG without contents.
    pub(super) fn shape(&mut self, tag: &'static str, attributes: &Attributes<'_>) {
        self.tag(tag, attributes, "/>");
    }

    /// A text in one line. Each part in backticks is shown as code.
    pub(super) fn words(&mut self, text: &str) {
        let mut parts = text.split('`').peekable();
        let mut is_code = false;
        while let Some(part) = parts.next() {
            // A last backtick without another one is no more than a backtick.
            match (is_code, parts.peek()) {
                (true, Some(_)) => self.element("code", &[], |page| page.text(part)),
                (true, None) => {
                    self.text.push('`');
                    self.text(part);
                }
                (false, _) => self.text(part),
            }
            is_code = !is_code;
        }
    }

    /// A text in one line.
    pub(super) fn text(&mut self, text: &str) {
        escape(&mut self.text, &escape_line(text));
    }

    /// A text of several lines, for an element that keeps them.
    pub(super) fn block(&mut self, text: &str) {
        escape(&mut self.text, &escape_block(text));
    }

    /// The style or the script of this crate, in an element of this name.
    pub(super) fn own(&mut self, tag: &'static str, text: &'static str) {
        self.begin(tag, &[]);
        self.text += text;
        self.end();
    }

    /// What was written so far, to be sent on its way. What is open stays open.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// All that was written, with the end of all that is open.
    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.end();
        }
        self.text
    }

    fn tag(&mut self, tag: &'static str, attributes: &Attributes<'_>, end: &str) {
        self.text.push('<');
        self.text += tag;
        for (name, value) in attributes {
            self.text.push(' ');
            self.text += name;
            if !value.is_empty() || *name == "value" {
                self.text += "=\"";
                escape(&mut self.text, &escape_line(value));
                self.text.push('"');
            }
        }
        self.text += end;
    }
}

/// Whether the source is easier to read, and no different, with a line break behind the end of this element.
fn ends_a_line(tag: &str) -> bool {
    !matches!(
        tag,
        "a" | "b" | "button" | "code" | "span" | "strong" | "text" | "title" | "pre"
    )
}

/// Text without what acts in HTML.
fn escape(to: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => *to += "&amp;",
            '<' => *to += "&lt;",
            '>' => *to += "&gt;",
            '"' => *to += "&quot;",
            '\'' => *to += "&#39;",
            c => to.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use ids::words::is_visible;
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Markup)) -> String {
        let mut page = Markup::default();
        write(&mut page);
        page.finish()
    }

    #[test]
    fn text_and_values_of_attributes_do_not_become_markup() {
        let text = written(|page| {
            page.leaf("b", &[("title", "\" onclick='x' >")], "</b><script>&");
        });
        assert_eq!(
            text,
            "<b title=\"&quot; onclick=&#39;x&#39; &gt;\">&lt;/b&gt;&lt;script&gt;&amp;</b>"
        );
    }

    #[test]
    fn what_is_in_backticks_is_code_and_a_single_one_is_itself() {
        assert_eq!(
            written(|page| page.words("a `b<` c")),
            "a <code>b&lt;</code> c"
        );
        assert_eq!(written(|page| page.words("it`s")), "it`s");
        assert_eq!(
            written(|page| page.words("`a` and `b")),
            "<code>a</code> and `b"
        );
    }

    #[test]
    fn what_is_open_is_ended_in_its_order() {
        let text = written(|page| {
            page.begin("b", &[]);
            page.begin("code", &[]);
            page.text("x");
        });
        assert_eq!(text, "<b><code>x</code></b>");
    }

    proptest! {
        #[test]
        fn nothing_that_acts_gets_through(text in any::<String>()) {
            let shown = written(|page| {
                page.text(&text);
                page.block(&text);
                page.words(&text.replace('`', ""));
            });
            prop_assert!(shown.chars().all(|c| c == '\n' || is_visible(c)));
            prop_assert!(!shown.contains(['<', '>', '"', '\'']));
        }
    }
}
