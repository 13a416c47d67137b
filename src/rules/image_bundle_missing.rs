//! An Amazon Linux image without the bundle.

use super::image_bundle_invalid::PASSWORD;
use super::{Check, JudgedImage, RequireBundle, Rule, Settings, image_stores, image_views, lowered};
use crate::bundle::need;
use crate::finding::{Finding, ImagePlace, Level, Location};
use crate::image::{Answer, Contents, Obstacle, Reading};
use crate::tree::TreePath;

pub static RULE: Rule = Rule {
    id: "image-bundle-missing",
    level: Level::Error,
    summary: "an Amazon Linux image has no RDS CA bundle at a declared path",
    page: include_str!("../../docs/rules/image-bundle-missing.md"),
    check: Check::Image(check),
};

const HELP: &str = "ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem PATH";

fn check(facts: &JudgedImage<'_>, settings: &Settings) -> Vec<Finding> {
    let views = image_views::of(facts);
    // Where it is there, it does not matter for which system.
    let has_file =
        |answers: &[(&TreePath, &Answer)]| answers.iter().any(|(_, answer)| matches!(answer, Answer::Present(_)));
    if views.iter().all(|(_, answers)| has_file(answers)) {
        return Vec::new();
    }
    match &facts.os {
        Reading::Known(os) if os.is_amazon() => {}
        _ if settings.require_bundle == RequireBundle::Always => {}
        Reading::Known(_) | Reading::Absent => return Vec::new(),
        Reading::Unknown(why) => {
            return vec![
                RULE.finding(Location::Whole, format!("can't tell which operating system this is: {why}")).open(),
            ];
        }
    }
    // What lies elsewhere is `image-bundle-misplaced`, what was there is `image-bundle-removed`.
    let explained = |answer: &Answer| matches!(answer, Answer::Present(_) | Answer::Removed { .. });
    let Some((view, answers)) = views.iter().find(|(_, answers)| !answers.iter().any(|(_, answer)| explained(answer)))
    else {
        return Vec::new();
    };
    if !image_views::elsewhere(facts).is_empty() {
        return Vec::new();
    }
    // What Java trusts here can't be told, and so not that there is nothing.
    if let Some(file) = facts.locked_keystores.iter().find(|file| image_stores::is_looked_into(file, facts)) {
        let why = file.contents.as_ref().and_then(Contents::locked).map(|why| why.to_string()).unwrap_or_default();
        let message = format!("can't tell whether RDS authorities are in the keystore {}: {why}", file.resolved);
        let place = Location::Image(super::place_of(&file.resolved, file));
        return vec![RULE.finding(place, message).open().help(PASSWORD)];
    }
    let Some((path, answer)) = answers.first() else { return Vec::new() };
    let wanted = settings.bundle_paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
    let place = ImagePlace { path: Some((*path).clone()), ..ImagePlace::default() };
    if let Some(why) =
        answers.iter().find_map(|(_, answer)| if let Answer::Unknown { why } = answer { Some(why) } else { None })
    {
        return vec![
            RULE.finding(Location::Image(place), format!("can't tell whether {wanted} is there: {why}")).open(),
        ];
    }
    let what = match answer {
        Answer::Unusable { obstacle: Obstacle::DanglingLink, .. } => format!("{wanted} is a link that leads nowhere"),
        Answer::Unusable { obstacle: Obstacle::LinkLoop, .. } => {
            format!("{wanted} is a link that leads back to itself")
        }
        Answer::Unusable { obstacle, .. } => format!("{wanted} is no file but a {}", obstacle.kind()),
        _ => format!("there is no {wanted}"),
    };
    let untold = match facts.locked_keystores.as_slice() {
        [] => String::new(),
        [one] => format!("; what the keystore {} holds can't be told", one.resolved),
        [one, rest @ ..] => {
            format!("; what the keystore {} and {} more hold can't be told", one.resolved, rest.len())
        }
    };
    let message = format!("{what}: clients in this image can't verify RDS{}{untold}", view.suffix());
    let finding = RULE.finding(Location::Image(place), message).help(HELP.replace("PATH", &path.to_string()));
    let is_shown = facts.environment.iter().any(|(name, value)| need::by_variable(name, value));
    vec![lowered(finding, is_shown, settings)]
}
