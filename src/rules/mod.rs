//! The rules: each is one file with one record, listed in [`ALL`] and nowhere else.

/// A rule.
pub struct Rule {
    /// Kebab-case, names the bad pattern; the same in code, docs, tests, reports and ignores.
    pub id: &'static str,
}

/// Every rule.
pub static ALL: &[&Rule] = &[];
