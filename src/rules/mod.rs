//! The rules: each is one file with one record, listed in [`ALL`] and nowhere else. A rule reads facts and says what is wrong
//! with them; what counts is decided later, and in one place (`audit::policy`).

mod barrier;
mod base_not_resolved;
mod bundle_foreign_authority;
mod bundle_in_managed_directory;
mod bundle_invalid;
mod bundle_left_in_builder;
mod bundle_never_fetched;
mod bundle_not_used;
mod bundle_outdated;
mod bundle_partly_imported;
mod bundle_removed;
mod bundle_unreadable;
mod ca_file;
mod ca_file_cannot_verify;
mod ca_file_missing;
mod ca_file_unreadable;
mod ca_loaded_but_not_used;
mod falls_open_without_bundle;
mod fetch_not_pinned;
mod fetch_not_verified;
mod fetch_saves_error_page;
mod home_unreadable;
mod hostname_not_verified;
mod iam_token_over_unverified_tls;
mod ignore_expired;
mod ignore_malformed;
mod ignore_unused;
mod image_bundle_foreign_authority;
mod image_bundle_invalid;
mod image_bundle_misplaced;
mod image_bundle_missing;
mod image_bundle_outdated;
mod image_bundle_regional;
mod image_bundle_removed;
mod image_bundle_unreadable;
mod image_ca_variable_dangling;
mod image_clients;
mod image_private_key;
mod image_stores;
mod image_system_certificates_hidden;
mod image_views;
mod parameter_ignored_by_driver;
mod proxy_needs_amazon_roots;
mod regional_bundle_only;
mod retired_bundle_url;
mod root_certificate_without_mode;
mod site;
mod system_certificates_hidden;
mod system_store_lacks_rds;
mod tls_not_required;
mod tls_not_told;
mod tls_not_verified;
mod vendored;
mod wheel_ignores_system_store;
mod worth;

pub use barrier::Barrier;
pub use ca_file::CaFile;
pub use image_clients::{ImageConnection, check_image_clients};
pub use image_stores::{Held, held, home_of};
pub use image_views::{JudgedImage, judged};
pub use site::{Site, SiteFile};

use jiff::Timestamp;

use crate::bundle::Reference;
use crate::finding::ignore::{Ignore, Use};
use crate::finding::{Finding, ImagePlace, Level, Location};
use crate::tree::TreePath;
use crate::{dockerfile, image};

/// A rule.
pub struct Rule {
    /// Kebab-case, names the bad pattern; the same in code, docs, tests, reports and ignores.
    pub id: &'static str,
    /// The level of its findings, where they do not say otherwise.
    pub level: Level,
    /// What it finds, in half a line.
    pub summary: &'static str,
    /// Its page: what it finds, why it matters, what to write instead, and when to ignore it.
    pub page: &'static str,
    /// What it looks at, and how.
    pub check: Check,
}

/// What a rule looks at.
pub enum Check {
    /// A Dockerfile, before the build.
    Dockerfile(fn(&dockerfile::facts::Facts, &Settings) -> Vec<Finding>),
    /// An image, after the build.
    Image(fn(&JudgedImage<'_>, &Settings) -> Vec<Finding>),
    /// A connection that a client makes, before the build or after it.
    Client(fn(&Site<'_>, &Settings) -> Vec<Finding>),
    /// An ignore, when all else is known.
    Ignore(fn(&Ignore, Use) -> Option<Finding>),
}

impl Check {
    /// What it looks at, in a word.
    pub const fn subject(&self) -> &'static str {
        match self {
            Check::Dockerfile(_) => "dockerfile",
            Check::Image(_) => "image",
            Check::Client(_) => "client",
            Check::Ignore(_) => "ignore",
        }
    }
}

/// Every rule, in the order of `rdsca rules`.
pub static ALL: &[&Rule] = &[
    &bundle_never_fetched::RULE,
    &bundle_left_in_builder::RULE,
    &bundle_removed::RULE,
    &bundle_unreadable::RULE,
    &bundle_outdated::RULE,
    &bundle_invalid::RULE,
    &bundle_foreign_authority::RULE,
    &bundle_partly_imported::RULE,
    &system_certificates_hidden::RULE,
    &fetch_not_verified::RULE,
    &fetch_saves_error_page::RULE,
    &retired_bundle_url::RULE,
    &regional_bundle_only::RULE,
    &bundle_in_managed_directory::RULE,
    &fetch_not_pinned::RULE,
    &base_not_resolved::RULE,
    &image_bundle_missing::RULE,
    &image_bundle_removed::RULE,
    &image_bundle_outdated::RULE,
    &image_bundle_regional::RULE,
    &image_bundle_invalid::RULE,
    &image_bundle_unreadable::RULE,
    &image_bundle_foreign_authority::RULE,
    &image_bundle_misplaced::RULE,
    &image_system_certificates_hidden::RULE,
    &image_private_key::RULE,
    &image_ca_variable_dangling::RULE,
    &tls_not_verified::RULE,
    &iam_token_over_unverified_tls::RULE,
    &root_certificate_without_mode::RULE,
    &ca_loaded_but_not_used::RULE,
    &parameter_ignored_by_driver::RULE,
    &hostname_not_verified::RULE,
    &falls_open_without_bundle::RULE,
    &tls_not_required::RULE,
    &system_store_lacks_rds::RULE,
    &proxy_needs_amazon_roots::RULE,
    &ca_file_missing::RULE,
    &ca_file_unreadable::RULE,
    &ca_file_cannot_verify::RULE,
    &home_unreadable::RULE,
    &wheel_ignores_system_store::RULE,
    &bundle_not_used::RULE,
    &tls_not_told::RULE,
    &ignore_malformed::RULE,
    &ignore_unused::RULE,
    &ignore_expired::RULE,
];

/// The rule of that id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.id == id).copied()
}

/// The rule of that id, for somebody who wrote it down.
///
/// # Errors
/// There is none; with the one that may have been meant.
pub fn known(id: &str) -> Result<&'static Rule, String> {
    find(id).ok_or_else(|| {
        let near: Vec<_> =
            ALL.iter().map(|rule| rule.id).filter(|known| !id.is_empty() && known.contains(id)).collect();
        if near.is_empty() {
            format!("there is no rule {id:?}; `rdsca rules` lists them")
        } else {
            format!("there is no rule {id:?}; did you mean {}?", near.join(" or "))
        }
    })
}

/// The rule of that id, for somebody who wants it ignored.
///
/// # Errors
/// There is none, or it is about ignores.
pub fn ignorable(id: &str) -> Result<&'static Rule, String> {
    let rule = known(id)?;
    if [&ignore_malformed::RULE, &ignore_unused::RULE, &ignore_expired::RULE].iter().any(|about| about.id == id) {
        return Err(format!(
            "{id} is about ignores: it is turned off by `overrides` in .rdsca.yaml and not by an ignore"
        ));
    }
    Ok(rule)
}

/// What is expected, and as on which day.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bundle that others are compared with.
    pub reference: Reference,
    /// The day of judgement.
    pub at: Timestamp,
    /// Where an image should have the bundle; never empty.
    pub bundle_paths: Vec<TreePath>,
    /// Regions whose databases are used; empty where nobody said.
    pub rds_regions: Vec<String>,
    /// Which images need the bundle.
    pub require_bundle: RequireBundle,
}

/// Which images need the bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequireBundle {
    /// Those that are Amazon Linux.
    #[default]
    AmazonLinux,
    /// Those; where nothing shows that RDS is used, it is only noted.
    WhenRdsIsUsed,
    /// All.
    Always,
}

impl RequireBundle {
    /// As written in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            RequireBundle::AmazonLinux => "amazon-linux",
            RequireBundle::WhenRdsIsUsed => "when-rds-is-used",
            RequireBundle::Always => "always",
        }
    }

    /// Whether an image needs the bundle.
    const fn includes(self, is_amazon: bool) -> bool {
        is_amazon || matches!(self, RequireBundle::Always)
    }
}

/// How grave it is that a bundle is missing.
fn lowered(finding: Finding, is_shown: bool, settings: &Settings) -> Finding {
    if is_shown || settings.require_bundle != RequireBundle::WhenRdsIsUsed {
        return finding;
    }
    let message = format!("{}; but nothing shows that it uses RDS", finding.message);
    Finding { level: Level::Note, message, ..finding }
}

impl Rule {
    /// A finding of this rule at its usual level.
    fn finding(&self, location: Location, message: impl Into<String>) -> Finding {
        Finding::new(self.id, self.level, location, message)
    }
}

/// Where a file of an image is: as it was asked for, and who put it there.
fn place_of(path: &TreePath, file: &image::File) -> ImagePlace {
    let (layer, created_by) = (Some(file.origin.layer), file.origin.created_by.clone());
    ImagePlace { path: Some(path.clone()), line: None, layer, created_by }
}

/// All findings about a Dockerfile, in the order of the rules.
pub fn check_dockerfile(facts: &dockerfile::facts::Facts, settings: &Settings) -> Vec<Finding> {
    run(|check| match check {
        Check::Dockerfile(check) => check(facts, settings),
        Check::Image(_) | Check::Client(_) | Check::Ignore(_) => Vec::new(),
    })
}

/// All findings about an image, in the order of the rules.
pub fn check_image(facts: &image::Facts, settings: &Settings) -> Vec<Finding> {
    let image = JudgedImage::new(facts, settings);
    run(|check| match check {
        Check::Image(check) => check(&image, settings),
        Check::Dockerfile(_) | Check::Client(_) | Check::Ignore(_) => Vec::new(),
    })
}

/// All findings about a connection, in the order of the rules.
pub fn check_client(site: &Site<'_>, settings: &Settings) -> Vec<Finding> {
    run(|check| match check {
        Check::Client(check) => check(site, settings),
        Check::Dockerfile(_) | Check::Image(_) | Check::Ignore(_) => Vec::new(),
    })
}

/// All findings about an ignore, once it is known what became of it.
pub fn check_ignore(ignore: &Ignore, was: Use) -> Vec<Finding> {
    run(|check| match check {
        Check::Ignore(check) => check(ignore, was).into_iter().collect(),
        Check::Dockerfile(_) | Check::Image(_) | Check::Client(_) => Vec::new(),
    })
}

fn run(check: impl Fn(&Check) -> Vec<Finding>) -> Vec<Finding> {
    ALL.iter().flat_map(|rule| check(&rule.check)).collect()
}
