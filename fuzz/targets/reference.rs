//! References of images, as users and files write them. Nothing is asked of a network.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rdsca::registry::Opener;

static OPENER: LazyLock<Opener> = LazyLock::new(Opener::default);

fuzz_target!(|text: &str| {
    let nothing_passes = &mut |_, _: &mut (dyn std::io::Read + Send)| Err("no stream".to_owned());
    match OPENER.open(&format!("docker://{text}"), nothing_passes) {
        Ok(sources) => assert_eq!(sources.len(), 1),
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains(|character: char| character.is_control()), "{said:?}");
        }
    }
});
