//! A variable of the image tells a program to look for certificates where there are none.

use super::image_views::View;
use super::{Check, JudgedImage, Rule, Settings};
use crate::finding::{Finding, ImagePlace, Level, Location};
use crate::image::{Access, Answer, CaPlace, CaVariable, Facts, Obstacle, Reading, Wanted};
use crate::text::escape;

pub static RULE: Rule = Rule {
    id: "image-ca-variable-dangling",
    level: Level::Error,
    summary: "a variable such as PGSSLROOTCERT or SSL_CERT_FILE leads to nothing that can be read",
    page: include_str!("../../docs/rules/image-ca-variable-dangling.md"),
    check: Check::Image(check),
};

/// What a place is good for.
enum Worth {
    Good,
    Bad(String),
    Untold(String),
}

fn check(facts: &JudgedImage<'_>, settings: &Settings) -> Vec<Finding> {
    facts.ca_variables.iter().filter_map(|variable| judged(variable, facts, settings)).collect()
}

fn judged(variable: &CaVariable, facts: &Facts, settings: &Settings) -> Option<Finding> {
    let CaVariable { name, read_by, value, .. } = variable;
    if variable.places.is_empty() {
        let message = format!("can't tell where {name} leads {read_by}: it says {:?}", escape(value));
        return Some(RULE.finding(Location::Whole, message).open());
    }
    let mut first = None;
    // One of several is enough, and where all are wrong the first is told.
    for place in &variable.places {
        let (view, worth) = match worth(&place.facts.overlay, variable.wanted, facts) {
            Worth::Good if place.facts.runtime_dependent => {
                (View::Applied, worth(&place.facts.applied, variable.wanted, facts))
            }
            worth => (View::Overlay, worth),
        };
        match worth {
            Worth::Good => return None,
            worth => {
                first.get_or_insert((place, view, worth));
            }
        }
    }
    let (CaPlace { facts: place, mount }, view, worth) = first?;
    // What is wrong at a declared path is told by the rules about the bundle.
    if settings.bundle_paths.contains(&place.path) && is_told_elsewhere(&place.overlay, facts) {
        return None;
    }
    let location = Location::Image(ImagePlace { path: Some(place.path.clone()), ..ImagePlace::default() });
    let told = format!("{name} leads {read_by} to {}", place.path);
    Some(match (worth, mount) {
        (Worth::Untold(why), _) => {
            RULE.finding(location, format!("{told}, and can't tell what is there: {why}")).open()
        }
        (Worth::Bad(why), Some(mount)) => {
            let message = format!("{told}, {why}; perhaps it is mounted at {mount} when the image runs");
            RULE.finding(location, message).open()
        }
        (Worth::Bad(why), None) => RULE
            .finding(location, format!("{told}, {why}{}", view.suffix()))
            .help("put the file there, readable for the image's user, or take the variable out"),
        (Worth::Good, _) => return None,
    })
}

fn is_told_elsewhere(answer: &Answer, facts: &Facts) -> bool {
    matches!(answer, Answer::Present(_)) || matches!(&facts.os, Reading::Known(os) if os.is_amazon())
}

fn worth(answer: &Answer, wanted: Wanted, facts: &Facts) -> Worth {
    match (answer, wanted) {
        (Answer::Unusable { obstacle: Obstacle::Directory, .. }, Wanted::Directory | Wanted::Either) => Worth::Good,
        (Answer::Present(_), Wanted::Directory) => Worth::Bad("which is a file and no directory".to_owned()),
        (Answer::Present(file), _) => match (&file.access, &facts.user.identity) {
            (Access::Granted, _) => Worth::Good,
            (Access::Denied { at, attributes }, Ok(identity)) => Worth::Bad(format!(
                "which uid {} can't read: {at} has mode {:04o} and belongs to {}:{}",
                identity.uid, attributes.mode, attributes.uid, attributes.gid
            )),
            (_, Err(why)) => Worth::Untold(format!("whether its user can read it, {}", escape(why))),
            (Access::Unknown, Ok(_)) => Worth::Untold("whether its user can read it".to_owned()),
        },
        (Answer::Absent, _) => Worth::Bad("where there is nothing".to_owned()),
        (Answer::Removed { by }, _) => {
            Worth::Bad(format!("which layer {} of {} removes", by.index + 1, facts.layers.len()))
        }
        (Answer::Unusable { obstacle: Obstacle::DanglingLink, .. }, _) => {
            Worth::Bad("which is a link to nothing".to_owned())
        }
        (Answer::Unusable { obstacle: Obstacle::LinkLoop, .. }, _) => {
            Worth::Bad("which is a link that leads back to itself".to_owned())
        }
        (Answer::Unusable { obstacle, .. }, _) => Worth::Bad(format!("which is no file but a {}", obstacle.kind())),
        (Answer::Unknown { why }, _) => Worth::Untold(why.clone()),
    }
}
