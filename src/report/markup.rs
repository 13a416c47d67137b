//! Strangers' words in XML and HTML.

use std::fmt;

/// A stranger's words as text of XML 1.0 and HTML, also within quotes of an attribute: nothing in them is markup, moves or turns anything.
pub struct Markup<'a>(pub &'a str);

impl fmt::Display for Markup<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for character in crate::text::escape(self.0).chars() {
            match character {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                // XML 1.0, production 2 (Char), has neither.
                '\u{fffe}' | '\u{ffff}' => out.write_char('\u{fffd}')?,
                other => out.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_words_are_text_and_nothing_else() {
        let hostile = "</script><b a=\"x\" b='y'>&amp;\u{202e}\u{0}\u{1b}\n\u{fffe}";
        assert_eq!(
            Markup(hostile).to_string(),
            "&lt;/script&gt;&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;\\u{202e}\\u{0}\\u{1b}\\u{a}\u{fffd}"
        );
    }
}
