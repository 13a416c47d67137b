//! Keystores: opened within bounds of work, or said why not. Nothing in them is larger than the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rdsca::bundle::{Contents, Effort, Opening, Passwords};

fuzz_target!(|bytes: &[u8]| {
    let passwords = Passwords::new(vec!["unusual".to_owned()]);
    // A hundredth of what a layer may cost: the engine does not wait for slow inputs.
    let read = Contents::read_with(bytes, &passwords, &Effort::of(200_000));
    let Some(keystore) = read.keystore else { return };
    if let Opening::Locked(_) = keystore.opening {
        assert!(read.certificates.is_empty() && keystore.passed_over == 0);
    }
    // The smallest certificate there can be has more than 32 bytes.
    assert!(read.certificates.len() <= bytes.len() / 32);
});
