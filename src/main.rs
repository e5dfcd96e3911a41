//! The command `dopusk`: the arguments in, the exit code out.

/// Shorter than the system's where many small messages are made and dropped: a tenth of a call's processor time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    dopusk::cli::main()
}
