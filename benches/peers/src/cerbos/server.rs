//! Cerbos' server: fetched by npm when absent, started with the company's policies, ended with us.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

use super::policy;
use crate::company::Company;

const PACKAGE: &str = "cerbos@0.51.0";

/// How long it may take to compile its policies and to listen.
const START_MAX: Duration = Duration::from_mins(1);

pub struct Server {
    process: Child,
    address: String,
    /// Its policies and its log.
    folder: TempDir,
}

impl Server {
    pub async fn start(company: &Company) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let policies = folder.path().join("policies");
        fs::create_dir(&policies)?;
        policy::write(company, &policies)?;
        let address = free_address()?;
        let process = Command::new(program()?)
            .arg("server")
            .arg("--set=storage.driver=disk")
            .arg(format!("--set=storage.disk.directory={}", policies.display()))
            .arg(format!("--set=server.grpcListenAddr={address}"))
            .arg(format!("--set=server.httpListenAddr={}", free_address()?))
            .arg("--set=telemetry.disabled=true")
            .arg("--log-level=warn")
            .stdin(Stdio::null())
            .stdout(fs::File::create(folder.path().join("log"))?)
            .stderr(Stdio::null())
            .spawn()
            .context("starting Cerbos")?;
        let mut server = Self { process, address, folder };
        server.wait().await?;
        Ok(server)
    }

    pub async fn connect(&self) -> Result<Channel> {
        Ok(Endpoint::from_shared(format!("http://{}", self.address))?.tcp_nodelay(true).connect().await?)
    }

    async fn wait(&mut self) -> Result<()> {
        let start = Instant::now();
        while let Err(error) = self.connect().await {
            let is_over = self.process.try_wait()?.is_some() || start.elapsed() > START_MAX;
            if is_over {
                let log = fs::read_to_string(self.folder.path().join("log"))?;
                bail!("Cerbos does not listen: {error}\n{log}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// An address that was free a moment ago.
fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// The server's own program, not npm's wrapper: that would be a second process to end.
fn program() -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/cerbos");
    if let Some(found) = installed(&folder) {
        return Ok(found);
    }
    fs::create_dir_all(&folder)?;
    let mut command = Command::new("npm");
    command.args(["install", "--no-fund", "--prefix"]).arg(&folder).arg(PACKAGE);
    let output = command.output().with_context(|| format!("running {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    installed(&folder).context("npm has no program of Cerbos for this machine")
}

fn installed(folder: &Path) -> Option<PathBuf> {
    let packages = fs::read_dir(folder.join("node_modules/@cerbos")).ok()?;
    packages
        .flatten()
        .map(|package| package.path().join(package.file_name()))
        .find(|program| program.is_file())
}
