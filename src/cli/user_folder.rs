//! The folders that systems keep for what programs remember: as the XDG base directory specification, macOS and Windows have them.

use std::env;
use std::path::PathBuf;

/// Where the user's folder for one purpose is.
pub struct UserFolder {
    /// The variable of the XDG base directory specification that names it.
    pub variable: &'static str,
    /// Below the home of a user, where the variable does not.
    pub below_home: &'static str,
    /// The same on macOS.
    pub on_macos: &'static str,
}

impl UserFolder {
    /// Its path; none where the environment says too little. Relative paths are passed over, as the specification wants.
    pub fn path(&self) -> Option<PathBuf> {
        let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        if cfg!(windows) {
            return absolute("LOCALAPPDATA");
        }
        let below = if cfg!(target_os = "macos") { self.on_macos } else { self.below_home };
        absolute(self.variable).or_else(|| Some(absolute("HOME")?.join(below)))
    }
}
