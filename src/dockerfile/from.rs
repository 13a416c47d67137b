//! `FROM`: what a stage is built upon: an earlier stage, a named context, or an image of which more or less is known.

use std::rc::Rc;

use crate::shell::{Machine, Reach, UNKNOWN, is_unknown};
use crate::text::Span;
use crate::tree::TreePath;

use super::base;
use super::brought::{self, Brought};
use super::build::{Build, find};
use super::context::Named;
use super::facts::{Base, Os, UserSet};
use super::foundation::Foundation;
use super::instruction::{Arguments, Instruction};
use super::stage::{Workshop, named};

impl Build<'_> {
    /// Begins a stage.
    pub(super) fn begin(&self, instruction: &Instruction) -> Workshop {
        let words = match &instruction.arguments {
            Arguments::Words(words) | Arguments::Json(words) => words.as_slice(),
            _ => &[],
        };
        let (reference, unresolved) = words.first().map(|word| self.expand_global(&word.text)).unwrap_or_default();
        let name = match words {
            [_, keyword, name, ..] if keyword.text.eq_ignore_ascii_case("as") => Some(name.text.to_ascii_lowercase()),
            _ => None,
        };
        let flag = instruction.flags.iter().find(|flag| flag.name == "platform");
        let platform = flag.and_then(|flag| flag.value.as_deref()).map(|value| self.expand_global(value).0);
        let span = instruction.span;
        let named = named(self.context, &reference);
        let parent = find(&self.stages, &reference)
            // A number is an image's name here: only COPY --from takes stages by number.
            .filter(|_| reference.parse::<usize>().is_err());
        let mut workshop = match parent.and_then(|index| Some((index, self.stages.get(index)?))) {
            _ if named.is_some() => self.named_workshop(&reference, named, span),
            Some((index, parent)) => {
                let mut workshop = parent.clone();
                workshop.stage.base = Base::Stage(index);
                workshop.arguments.clear();
                workshop.shell_variables = None;
                workshop.machine.fetches.clear();
                workshop.stage.hidden.clear();
                workshop
            }
            None => self.image_workshop(&reference, &unresolved, span),
        };
        workshop.machine.scripts = Rc::clone(&self.scripts);
        workshop.stage.index = self.stages.len();
        workshop.stage.name = name;
        workshop.stage.from = span;
        if platform.is_some() {
            workshop.stage.platform = platform;
        }
        let architecture = workshop.stage.platform.as_deref().unwrap_or(&self.options.platform);
        let arm = architecture.contains("arm64") || architecture.contains("aarch64");
        workshop.machine.architecture = if arm { "aarch64" } else { "x86_64" }.to_owned();
        let brought = std::mem::take(&mut workshop.brought_on_build);
        for kept in &brought {
            self.carry_out(&mut workshop, kept);
        }
        if !brought.is_empty() {
            workshop.point(span);
        }
        for kept in std::mem::take(&mut workshop.on_build) {
            self.carry_out(&mut workshop, &kept);
        }
        workshop
    }

    /// A stage that is built upon a named context.
    fn named_workshop(&self, reference: &str, named: Option<Named>, span: Span) -> Workshop {
        let foundation = match named {
            Some(Named::Image(image)) => return self.image_workshop(&image, &[], span),
            Some(Named::Built(foundation)) => foundation,
            // BuildKit wants an image here and takes a folder for one's root file system.
            Some(Named::Folder(_)) | None => Err("it is a folder, given as a named context".to_owned()),
        };
        match foundation {
            Ok(foundation) => self.upon(*foundation, Base::Image(reference.to_owned()), span),
            Err(why) => {
                let gap = format!("the base image is not known: {why}");
                let foundation = Foundation::new(Os::Unknown).user("", None).gap(gap, Reach::Anywhere);
                self.upon(foundation, Base::Unresolved { reference: reference.to_owned(), why }, span)
            }
        }
    }

    /// A stage that is built upon an image of which more is known than its name.
    fn upon(&self, foundation: Foundation, base: Base, span: Span) -> Workshop {
        let Foundation { os, brought, shell, open, on_build } = foundation.taken_up(span);
        let mut workshop = Workshop::new(base, os, brought, self.escape, open);
        workshop.shell = shell;
        workshop.brought_on_build = on_build;
        workshop
    }

    fn image_workshop(&self, reference: &str, unresolved: &[String], span: Span) -> Workshop {
        if reference == "scratch" {
            let machine = Machine::new();
            let user = brought::root(UserSet::Default);
            let brought = Brought { machine, environment: Vec::new(), workdir: TreePath::ROOT, user };
            return Workshop::new(Base::Scratch, Os::Other, brought, self.escape, false);
        }
        let known = !is_unknown(reference) || !base::Reference::new(reference).name.contains(UNKNOWN);
        let mut image = if known {
            base::image(reference, self.options.at)
        } else {
            base::Image { os: Os::Unknown, published: false, kind: base::Kind::Plain }
        };
        // What the user declares needs no looking up.
        let declared = self.options.bases.iter().find(|declared| declared.image.is_match(reference));
        if let Some(os) = declared.and_then(|declared| declared.os.clone()) {
            image.os = os;
        }
        let said = declared.and_then(|declared| declared.bundle);
        let failed = match said.is_none().then(|| self.context.image(reference)).flatten() {
            Some(Ok(foundation)) => return self.upon(foundation, Base::Image(reference.to_owned()), span),
            Some(Err(why)) => Some(why),
            None => None,
        };
        let unresolved = (!unresolved.is_empty() || is_unknown(reference)).then(|| without_value(unresolved));
        let base = match failed.clone().or(unresolved) {
            Some(why) if !known || image.os == Os::Unknown => Base::Unresolved { reference: reference.to_owned(), why },
            _ => Base::Image(reference.to_owned()),
        };
        let mut brought = brought::brought(reference, &image);
        if said == Some(true) {
            brought::bring_bundle(&mut brought.machine, &self.options.bundle_path);
        }
        if !image.published && said.is_none() {
            let why = match (&base, failed) {
                (Base::Unresolved { why, .. }, _) => format!("the base image is not known: {why}"),
                (_, Some(why)) => why,
                (_, None) => "nothing but the base image's name is known".to_owned(),
            };
            brought.machine.gap(span, why, Reach::Anywhere);
        }
        let open = brought.machine.variables.open;
        let mut workshop = Workshop::new(base, image.os, brought, self.escape, open);
        if image.kind == base::Kind::Windows {
            workshop.shell = ["cmd", "/S", "/C"].map(String::from).to_vec();
        }
        workshop
    }
}

/// Why a reference is not whole.
fn without_value(names: &[String]) -> String {
    if names.is_empty() {
        return "a part of it comes from outside and has no value here".to_owned();
    }
    let have = if names.len() == 1 { "has" } else { "have" };
    let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    format!("{names} {have} no default and no value was given by --build-arg")
}
