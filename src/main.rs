//! The `rdsca` program: all of it is in the library.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Interpreting shell scripts makes and drops many small things: with it `check` takes clearly less time than with glibc's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    rdsca::cli::main()
}
