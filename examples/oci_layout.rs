//! Makes a sample image: `cargo run --example oci_layout -- RECIPE… FOLDER` writes an OCI layout. Several recipes make an
//! index with one image for each platform. The recipes' format is described in `testdata/images/README.md`.

use std::path::PathBuf;
use std::process::ExitCode;

#[path = "../tests/fixture/layout.rs"]
#[allow(dead_code, reason = "tests use more of it")]
mod layout;
#[path = "../tests/fixture/recipe.rs"]
#[allow(dead_code, reason = "tests use more of it")]
mod recipe;

use recipe::Recipe;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("oci_layout: {message}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let mut recipes: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let folder = recipes.pop().filter(|_| !recipes.is_empty()).ok_or("usage: oci_layout RECIPE… FOLDER")?;
    let recipes: Result<Vec<_>, _> = recipes.iter().map(|file| Recipe::read(file)).collect();
    layout::write(&recipes.map_err(|error| error.to_string())?, &folder).map_err(|error| error.to_string())
}
