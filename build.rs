//! Compiles the Protobuf contract in `proto/` without a system `protoc`: descriptors by protox, code by tonic.

use std::path::PathBuf;

use prost::Message as _;

/// The files that have services; the others come with them.
const SERVICES: [&str; 7] = [
    "dopusk/v1/decision.proto",
    "dopusk/v1/directory.proto",
    "dopusk/v1/history.proto",
    "dopusk/v1/preview.proto",
    "dopusk/v1/review.proto",
    "dopusk/v1/watch.proto",
    "dopusk/v1/why_not.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let files = protox::Compiler::new(["proto"])?
        .include_imports(true)
        .include_source_info(true)
        .open_files(SERVICES)?
        .file_descriptor_set();
    std::fs::write(out.join("dopusk_descriptor.bin"), files.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(files)?;
    Ok(())
}
