//! The head of a page: its title, its style, and what a browser may do with it.
//!
//! The policy names style and script by their digests, so that nothing else can be loaded or run, whatever is in the page.

use data_encoding::{BASE64, HEXLOWER};

use super::markup::Markup;
use ids::Digest;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The head.
pub(super) fn write(page: &mut Markup, title: &str) {
    let policy = format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        base64(&Digest::of(STYLE.as_bytes())),
        base64(&Digest::of(SCRIPT.as_bytes())),
    );
    page.element("head", &[], |page| {
        page.void("meta", &[("charset", "utf-8")]);
        page.void(
            "meta",
            &[
                ("http-equiv", "Content-Security-Policy"),
                ("content", &policy),
            ],
        );
        page.void(
            "meta",
            &[
                ("name", "viewport"),
                ("content", "width=device-width, initial-scale=1"),
            ],
        );
        page.void(
            "meta",
            &[("name", "color-scheme"), ("content", "light dark")],
        );
        page.void("meta", &[("name", "referrer"), ("content", "no-referrer")]);
        page.void("meta", &[("name", "robots"), ("content", "noindex")]);
        page.leaf("title", &[], title);
        // Otherwise a browser asks the server of the page for an icon.
        page.void("link", &[("rel", "icon"), ("href", "data:,")]);
        page.own("style", STYLE);
    });
}

/// The script, which the page does not need.
pub(super) fn script(page: &mut Markup) {
    page.own("script", SCRIPT);
}

/// A digest as a policy names it.
fn base64(digest: &Digest) -> String {
    // A digest has nothing but such digits.
    let bytes = HEXLOWER.decode(digest.hex().as_bytes());
    BASE64.encode(&bytes.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_as_a_policy_names_it() {
        // As `printf abc | openssl dgst -sha256 -binary | base64` prints it.
        assert_eq!(
            base64(&Digest::of(b"abc")),
            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
        );
    }

    #[test]
    fn style_and_script_cannot_end_their_own_element_and_load_nothing() {
        for text in [STYLE, SCRIPT] {
            for word in ["</", "<!--", "@import", "url(", "fetch(", "innerHTML"] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }
}
