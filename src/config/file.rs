//! The shape of the file, and what is refused in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::{Config, ConfigError, Override, Team, Threshold};
use crate::dockerfile::base::Declared;
use crate::dockerfile::facts::Os;
use crate::finding::Level;
use crate::finding::ignore::{Ignore, Scope};
use crate::rules::{self, RequireBundle};
use crate::text::{self, Place, SourceFile, Span};
use crate::tree::TreePath;

/// The file as written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Written {
    bundle_paths: Option<Spanned<Vec<Spanned<String>>>>,
    rds_regions: Option<Vec<Spanned<String>>>,
    bundle: Option<Spanned<String>>,
    fail_on: Option<WrittenThreshold>,
    require_bundle: Option<WrittenRequirement>,
    ignores: Option<Vec<WrittenIgnore>>,
    overrides: Option<BTreeMap<String, Spanned<WrittenOverride>>>,
    bases: Option<Vec<WrittenBase>>,
    teams: Option<Vec<WrittenTeam>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenThreshold {
    Error,
    Warning,
    Note,
    Never,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenRequirement {
    AmazonLinux,
    WhenRdsIsUsed,
    Always,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum WrittenOverride {
    Error,
    Warning,
    Note,
    Off,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenIgnore {
    rule: Spanned<String>,
    path: Option<Spanned<String>>,
    image: Option<Spanned<String>>,
    until: Option<Spanned<String>>,
    reason: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenBase {
    image: Spanned<String>,
    os: Option<Spanned<WrittenOs>>,
    bundle: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenTeam {
    name: Spanned<String>,
    images: Spanned<Vec<Spanned<String>>>,
}

#[derive(Deserialize, Clone, Copy)]
enum WrittenOs {
    #[serde(rename = "amazon-linux-1")]
    AmazonLinux1,
    #[serde(rename = "amazon-linux-2")]
    AmazonLinux2,
    #[serde(rename = "amazon-linux-2023")]
    AmazonLinux2023,
    #[serde(rename = "other")]
    Other,
}

impl Config {
    /// Reads a file's text.
    ///
    /// # Errors
    /// It is no YAML, has a key or value that means nothing, or lacks one that is needed; with the line and the column.
    pub fn read(file: Arc<SourceFile>) -> Result<Self, ConfigError> {
        let name = file.name();
        // A file of comments alone says nothing, which is allowed.
        let written: Option<Written> = serde_saphyr::from_str(file.text()).map_err(|error| unreadable(name, &error))?;
        let written = written.unwrap_or_default();
        let reader = Reader { file: &file };
        let overrides = written.overrides.unwrap_or_default().into_iter();
        Ok(Self {
            bundle_paths: written.bundle_paths.map(|paths| reader.bundle_paths(paths)).transpose()?,
            rds_regions: written.rds_regions.map(|regions| reader.regions(regions)).transpose()?,
            bundle: written.bundle.map(|bundle| reader.filled(&bundle, "bundle").map(str::to_owned)).transpose()?,
            fail_on: written.fail_on.map(|threshold| match threshold {
                WrittenThreshold::Error => Threshold::Error,
                WrittenThreshold::Warning => Threshold::Warning,
                WrittenThreshold::Note => Threshold::Note,
                WrittenThreshold::Never => Threshold::Never,
            }),
            require_bundle: written.require_bundle.map(|requirement| match requirement {
                WrittenRequirement::AmazonLinux => RequireBundle::AmazonLinux,
                WrittenRequirement::WhenRdsIsUsed => RequireBundle::WhenRdsIsUsed,
                WrittenRequirement::Always => RequireBundle::Always,
            }),
            ignores: each(written.ignores, |ignore| reader.ignore(ignore))?,
            overrides: overrides.map(|(rule, level)| reader.overridden(&rule, &level)).collect::<Result<_, _>>()?,
            bases: each(written.bases, |base| reader.base(base))?,
            teams: each(written.teams, |team| reader.team(team))?,
            file: Some(Arc::clone(&file)),
        })
    }
}

fn each<W, T>(written: Option<Vec<W>>, read: impl Fn(&W) -> Result<T, ConfigError>) -> Result<Vec<T>, ConfigError> {
    written.iter().flatten().map(read).collect()
}

fn unreadable(name: &str, error: &serde_saphyr::Error) -> ConfigError {
    let location = error.location().unwrap_or(Location::UNKNOWN);
    let (line, column) = (location.line(), location.column());
    ConfigError { name: name.to_owned(), line, column, message: text::escape(&message(error.without_snippet())).into() }
}

/// What is wrong, in the words of somebody who writes the file and not of somebody who calls the parser.
fn message(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::Error;
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            format!("there is no key `{field}` here; there are {}", expected.join(", "))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            format!("`{variant}` means nothing here; it is one of {}", expected.join(", "))
        }
        Error::SerdeMissingField { field, .. } => format!("`{field}` is missing"),
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("the key `{key}` is there twice"),
        Error::Unexpected { expected: "sequence start", .. } => "a list is expected here: [A, B]".to_owned(),
        Error::Unexpected { expected: "mapping start", .. } => "keys with values are expected here".to_owned(),
        other => {
            let message = other.to_string();
            // The place is told before the message, in the way that editors and terminals know.
            let place = other.location().map(|at| format!(" at line {}, column {}", at.line(), at.column()));
            place.and_then(|place| message.strip_suffix(&place).map(str::to_owned)).unwrap_or(message)
        }
    }
}

/// Reads the parts of one file.
struct Reader<'f> {
    file: &'f Arc<SourceFile>,
}

impl Reader<'_> {
    fn error<T>(&self, at: &Spanned<T>, message: impl Into<String>) -> ConfigError {
        ConfigError {
            name: self.file.name().to_owned(),
            line: at.referenced.line(),
            column: at.referenced.column(),
            message: text::escape(&message.into()).into(),
        }
    }

    /// A text that says something.
    fn filled<'w>(&self, written: &'w Spanned<String>, key: &str) -> Result<&'w str, ConfigError> {
        let text = written.value.trim();
        if text.is_empty() { Err(self.error(written, format!("`{key}` is empty"))) } else { Ok(text) }
    }

    fn bundle_paths(&self, paths: Spanned<Vec<Spanned<String>>>) -> Result<Vec<TreePath>, ConfigError> {
        if paths.value.is_empty() {
            return Err(self.error(&paths, "`bundle-paths` names no path"));
        }
        paths
            .value
            .iter()
            .map(|path| match self.filled(path, "bundle-paths")? {
                text if text.starts_with('/') => Ok(TreePath::new(text)),
                text => Err(self.error(path, format!("{text:?} is no path in an image: it begins with `/`"))),
            })
            .collect()
    }

    fn regions(&self, regions: Vec<Spanned<String>>) -> Result<Vec<String>, ConfigError> {
        regions.iter().map(|region| self.filled(region, "rds-regions").map(str::to_owned)).collect()
    }

    fn overridden(
        &self,
        rule: &str,
        level: &Spanned<WrittenOverride>,
    ) -> Result<(&'static str, Override), ConfigError> {
        let known = rules::known(rule).map_err(|why| self.error(level, why))?;
        let level = match level.value {
            WrittenOverride::Error => Override::Level(Level::Error),
            WrittenOverride::Warning => Override::Level(Level::Warning),
            WrittenOverride::Note => Override::Level(Level::Note),
            WrittenOverride::Off => Override::Off,
        };
        Ok((known.id, level))
    }

    fn ignore(&self, written: &WrittenIgnore) -> Result<Ignore, ConfigError> {
        let rule = rules::ignorable(&written.rule.value).map_err(|why| self.error(&written.rule, why))?;
        let is_about_images = matches!(rule.check, rules::Check::Image(_));
        let scope = match (&written.path, &written.image) {
            (Some(path), None) if is_about_images => {
                return Err(self.error(path, format!("{} is about images: say `image:` and not `path:`", rule.id)));
            }
            (None, Some(image)) if !is_about_images => {
                return Err(self.error(image, format!("{} is about files: say `path:` and not `image:`", rule.id)));
            }
            (Some(path), None) => Scope::Paths(self.glob(path)?),
            (None, Some(image)) => Scope::Images(self.glob(image)?),
            (None, None) => Scope::Everywhere,
            (Some(path), Some(_)) => {
                return Err(self.error(path, "an ignore is about a `path` or about an `image`, not about both"));
            }
        };
        let until = written.until.as_ref().map(|until| {
            let why = || format!("{:?} is no date; it is written YYYY-MM-DD", until.value);
            until.value.trim().parse().map_err(|_| self.error(until, why()))
        });
        Ok(Ignore {
            rule: rule.id.to_owned(),
            scope,
            until: until.transpose()?,
            reason: self.filled(&written.reason, "reason")?.to_owned(),
            place: self.place(&written.rule),
        })
    }

    fn base(&self, written: &WrittenBase) -> Result<Declared, ConfigError> {
        if written.os.is_none() && written.bundle.is_none() {
            return Err(self.error(&written.image, "nothing is said of this base: say `os`, `bundle` or both"));
        }
        let amazon = |version: &str| Os::Amazon { version: Some(version.to_owned()) };
        let os = written.os.as_ref().map(|os| match os.value {
            WrittenOs::AmazonLinux1 => amazon("2018.03"),
            WrittenOs::AmazonLinux2 => amazon("2"),
            WrittenOs::AmazonLinux2023 => amazon("2023"),
            WrittenOs::Other => Os::Other,
        });
        Ok(Declared { image: self.glob(&written.image)?, os, bundle: written.bundle })
    }

    fn team(&self, written: &WrittenTeam) -> Result<Team, ConfigError> {
        let name = self.filled(&written.name, "name")?;
        if written.images.value.is_empty() {
            return Err(self.error(&written.images, "`images` names no image"));
        }
        let images = written.images.value.iter().map(|pattern| self.glob(pattern));
        Ok(Team { name: Arc::from(name), images: images.collect::<Result<_, _>>()? })
    }

    /// A pattern of paths or names: `*` within a component, `**` across them.
    fn glob(&self, pattern: &Spanned<String>) -> Result<GlobMatcher, ConfigError> {
        let text = self.filled(pattern, "pattern")?;
        let text = text.strip_prefix("./").unwrap_or(text);
        let glob = GlobBuilder::new(text).literal_separator(true).build();
        glob.map(|glob| glob.compile_matcher()).map_err(|error| self.error(pattern, error.to_string()))
    }

    fn place(&self, at: &Spanned<String>) -> Place {
        let span = at.referenced.span();
        let start = usize::try_from(span.byte_offset().unwrap_or_default()).unwrap_or_default();
        let length = usize::try_from(span.byte_len().unwrap_or_default()).unwrap_or_default();
        Place { file: Arc::clone(self.file), span: Span::new(start, start + length) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SCHEMA, TEMPLATE};
    use super::*;
    use jiff::civil::date;

    fn read(text: &str) -> Result<Config, ConfigError> {
        Config::read(SourceFile::new(".rdsca.yaml", text))
    }

    const ALL: &str = "\
bundle-paths: [/etc/ssl/certs/rds-ca.pem, /opt/rds.pem]
rds-regions:
  - eu-west-1
bundle: certificates/rds.pem
fail-on: warning
require-bundle: always
ignores:
  - rule: bundle-never-fetched
    path: tools/**
    until: 2027-03-31
    reason: no database
  - {rule: image-bundle-missing, image: 'registry.example.com/tools/*', reason: same}
  - rule: \"fetch-not-verified\"
    reason: >
      a long
      story
overrides:
  fetch-not-verified: off
  retired-bundle-url: note
bases:
  - image: registry.example.com/base/*
    os: amazon-linux-2023
    bundle: true
teams:
  - name: payments
    images: [registry.example.com/payments/**, 'registry.example.com/ledger']
  - {name: platform, images: ['registry.example.com/**']}
";

    #[test]
    fn all_that_can_be_said_is_read() {
        let config = read(ALL).unwrap();
        assert_eq!(config.bundle_paths.as_ref().unwrap().len(), 2);
        assert_eq!(config.rds_regions.as_deref().unwrap(), ["eu-west-1"]);
        assert_eq!(config.bundle.as_deref(), Some("certificates/rds.pem"));
        assert_eq!(config.fail_on, Some(Threshold::Warning));
        assert_eq!(config.require_bundle, Some(RequireBundle::Always));
        assert_eq!(config.overrides["fetch-not-verified"], Override::Off);
        assert_eq!(config.overrides["retired-bundle-url"], Override::Level(Level::Note));
        assert_eq!(config.bases[0].os, Some(Os::Amazon { version: Some("2023".to_owned()) }));
        assert_eq!(config.bases[0].bundle, Some(true));
        for (repository, team) in [
            ("registry.example.com/payments/api/v2", Some("payments")),
            ("registry.example.com/ledger", Some("payments")),
            ("registry.example.com/ledger/x", Some("platform")),
            ("elsewhere.example.com/a", None),
        ] {
            assert_eq!(config.team_of(repository).map(|team| &**team), team, "{repository}");
        }
        let [path, image, everywhere] = config.ignores.as_slice() else { panic!("three ignores") };
        assert!(matches!(&path.scope, Scope::Paths(glob) if glob.is_match("tools/a/Dockerfile")));
        assert_eq!(path.until, Some(date(2027, 3, 31)));
        assert!(matches!(&image.scope, Scope::Images(glob) if glob.is_match("registry.example.com/tools/a:1")
                && !glob.is_match("registry.example.com/tools/a/b:1")));
        assert!(matches!(&everywhere.scope, Scope::Everywhere));
        assert_eq!(everywhere.reason, "a long story");
        for (ignore, line, text) in [
            (path, 8, "bundle-never-fetched"),
            (image, 12, "image-bundle-missing"),
            (everywhere, 13, "\"fetch-not-verified\""),
        ] {
            assert_eq!(ignore.place.start().line, line);
            assert_eq!(ignore.place.file.slice(ignore.place.span), text);
        }
    }

    #[test]
    fn what_means_nothing_is_refused_with_its_place() {
        for (text, line, column, part) in [
            ("fail-onn: error", 1, 1, "fail-onn"),
            ("\nfail-on: fatal", 2, 10, "fatal"),
            ("fail-on: error\nfail-on: note", 2, 1, "twice"),
            ("bundle-paths: [etc/rds.pem]", 1, 16, "begins with `/`"),
            ("bundle-paths: /etc/rds.pem", 1, 15, "a list is expected"),
            ("bundle-paths: []", 1, 15, "names no path"),
            ("overrides:\n  no-such-rule: off", 2, 17, "no rule"),
            ("overrides:\n  bundle-never: off", 2, 17, "did you mean bundle-never-fetched"),
            ("ignores:\n  - rule: bundle-never-fetched\n", 2, 5, "reason"),
            ("ignores:\n  - rule: bundle-never-fetched\n    reason: ' '\n", 3, 13, "`reason` is empty"),
            ("ignores:\n  - rule: nothing\n    reason: x\n", 2, 11, "no rule"),
            ("ignores:\n  - rule: ignore-unused\n    reason: x\n", 2, 11, "overrides"),
            ("ignores:\n  - {rule: bundle-never-fetched, reason: x, until: soon}", 2, 52, "no date"),
            ("ignores:\n  - {rule: bundle-never-fetched, reason: x, paths: a}", 2, 45, "paths"),
            ("ignores:\n  - {rule: bundle-never-fetched, reason: x, image: a}", 2, 52, "about files"),
            ("ignores:\n  - {rule: image-bundle-missing, reason: x, path: a}", 2, 51, "about images"),
            ("ignores:\n  - {rule: bundle-never-fetched, reason: x, path: '['}", 2, 51, "unclosed"),
            ("bases:\n  - image: a", 2, 12, "nothing is said"),
            ("bases:\n  - {image: a, os: ubuntu}", 2, 20, "ubuntu"),
            ("teams:\n  - {name: a, images: []}", 2, 23, "names no image"),
            ("teams:\n  - {name: ' ', images: [a]}", 2, 12, "`name` is empty"),
            ("teams:\n  - {name: a, images: ['[']}", 2, 24, "unclosed"),
            ("rds-regions: [a", 1, 14, "bracket"),
            ("- a", 1, 1, "keys"),
            ("a\u{1b}[31m: 1", 1, 1, ""),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.message.contains(part), "{text:?}: {error}");
            assert_eq!((error.line, error.column), (line, column), "{text:?}: {error}");
            assert!(!error.message.contains(char::is_control), "{error:?}");
        }
    }

    #[test]
    fn nothing_said_is_nothing_wrong() {
        for text in ["", "# comment\n", "---\n", "ignores:\n", TEMPLATE] {
            let config = read(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert!(config.ignores.is_empty() && config.fail_on.is_none(), "{text:?}");
        }
    }

    #[test]
    fn an_ignore_knows_where_it_is_written_whatever_stands_before_it() {
        for (before, rule) in [
            ("\u{feff}ignores:\n- rule: ", "bundle-never-fetched"),
            ("# ü€𝄞\r\nignores:\r\n- reason: Größe\r\n  rule: ", "bundle-never-fetched"),
            ("ignores: [{reason: '𝄞', rule: ", "'bundle-never-fetched'"),
            ("bundle: &it bundle-never-fetched\nignores:\n- rule: ", "*it"),
            ("ignores:\n- rule: ", "&it bundle-never-fetched"),
        ] {
            let after = if before.contains('{') { "}]" } else { "\n  path: a\n" };
            let reason = if before.contains("reason") { "" } else { "  reason: x\n" };
            let config = read(&format!("{before}{rule}{after}{reason}")).unwrap_or_else(|error| panic!("{error}"));
            let place = &config.ignores[0].place;
            let written = place.file.slice(place.span);
            assert!(rule.ends_with(written) && !written.is_empty(), "{before:?}: {written:?}");
            assert_eq!(place.span.end, before.len() + rule.len(), "{before:?}");
        }
    }

    /// The template with its examples brought to life.
    fn awake() -> String {
        let line = |line: &str| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n";
        TEMPLATE.lines().map(line).collect()
    }

    #[test]
    fn template_and_schema_name_every_key() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        let keys: Vec<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        let error = read("no-such-key: 1").unwrap_err().message;
        let awake = awake();
        let config = read(&awake).unwrap_or_else(|error| panic!("{error}\n{awake}"));
        assert!(!config.ignores.is_empty() && !config.bases.is_empty() && !config.overrides.is_empty());
        for key in &keys {
            assert!(error.contains(key.as_str()), "{key} is in the schema and not in the file: {error}");
            assert!(awake.lines().any(|line| line.starts_with(&format!("{key}:"))), "{key} is not in the template");
        }
        for key in awake.lines().filter_map(|line| line.split_once(':')).map(|(key, _)| key) {
            let is_key = !key.starts_with(['#', ' ', '-']);
            assert!(!is_key || keys.iter().any(|known| known == key), "{key} is not in the schema");
        }
    }
}
