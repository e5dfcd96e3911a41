//! The command `dopusk`: the arguments in, the exit code out.

fn main() -> std::process::ExitCode {
    dopusk::cli::main()
}
