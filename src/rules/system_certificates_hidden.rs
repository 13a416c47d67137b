//! `--link` makes a real directory where the base has a link, and the certificates that it led to are gone.

use super::{Check, Rule, Settings};
use crate::dockerfile::facts::{Facts, Hidden};
use crate::finding::{Finding, Level, Location};
use crate::tree::{Kind, Outcome, TreePath};

pub static RULE: Rule = Rule {
    id: "system-certificates-hidden",
    level: Level::Error,
    summary: "COPY --link or ADD --link puts a directory over the link that leads to the system's certificates",
    page: include_str!("../../docs/rules/system-certificates-hidden.md"),
    check: Check::Dockerfile(check),
};

/// Where Amazon Linux keeps what the whole system trusts, and the links to it.
const CERTIFICATES: &[&str] = &["/etc/ssl", "/etc/pki"];

fn check(facts: &Facts, _: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    let lineage = facts.lineage(stage.index).into_iter().rev();
    let hidden = lineage.filter_map(|index| facts.stages.get(index)).flat_map(|stage| &stage.hidden);
    hidden
        .filter(|hidden| CERTIFICATES.iter().any(|directory| hidden.path.starts_with(&TreePath::new(directory))))
        .filter(|hidden| {
            // A later instruction may have put the link back.
            let found = stage.tree.lookup_link(&hidden.path).outcome;
            !hidden.surely || matches!(found, Outcome::Found(node) if matches!(node.kind, Kind::Directory(_)))
        })
        .map(|hidden| {
            let Hidden { path, target, .. } = hidden;
            let (level, message) = if hidden.surely {
                let gone = "the system's certificates are gone from it";
                (Level::Error, format!("--link makes a real directory of {path}, which was a link to {target}: {gone}"))
            } else {
                let but = "only because BuildKit passes --link over beside --chmod does it stay one";
                (Level::Warning, format!("{path} is a link to {target}, of which --link makes a real directory: {but}"))
            };
            let finding = RULE.finding(Location::Text(facts.place(hidden.span)), message);
            Finding { level, ..finding.help(format!("leave out --link, or copy to {target}")) }
        })
        .collect()
}
