//! A directory lies over the link to the system's certificates.

use super::image_views::View;
use super::{Check, JudgedImage, Rule, Settings};
use crate::finding::{Finding, ImagePlace, Level, Location};

pub static RULE: Rule = Rule {
    id: "image-system-certificates-hidden",
    level: Level::Error,
    summary: "a directory hides the link to the system's certificates",
    page: include_str!("../../docs/rules/image-system-certificates-hidden.md"),
    check: Check::Image(check),
};

const HELP: &str = "copy without --link, and only the file, so that the link stays";

fn check(facts: &JudgedImage<'_>, _: &Settings) -> Vec<Finding> {
    let finding = |hidden: &crate::image::HiddenLink| {
        let view = if hidden.in_overlay { View::Overlay } else { View::Applied };
        let message = format!(
            "{} was a link to {}, and a layer has put a directory over it: {} of the system's certificates can't be found there any more{}",
            hidden.path,
            hidden.target,
            hidden.lost,
            view.suffix()
        );
        let place = ImagePlace {
            line: None,
            path: Some(hidden.path.clone()),
            layer: Some(hidden.by.layer),
            created_by: hidden.by.created_by.clone(),
        };
        RULE.finding(Location::Image(place), message).help(HELP)
    };
    facts.hidden_links.iter().map(finding).collect()
}
