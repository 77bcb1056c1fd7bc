//! `cadforge serve`: serves the environment. On a public address, a server without a token or sandbox would give its
//! owner's rights to every client, so it refuses to start.

use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use super::context::{self, CliError, Global};
use super::scoring::ScoringArgs;
use crate::executor::kernel::sandbox_support;
use crate::server::{self, Config};

#[derive(Debug, clap::Args)]
#[command(mut_arg("profile", |profile| profile.default_value("cadforge-v1")))]
#[command(mut_arg("mode", |mode| mode.default_value("fast")))]
#[command(mut_arg("timeout", |timeout| timeout.default_value("8")))]
pub(crate) struct ServeArgs {
    /// Address or name to listen on
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    host: String,
    /// Port to listen on; 0 takes any free port
    #[arg(long, value_name = "PORT", default_value_t = 8000)]
    port: u16,
    /// Maximum number of sockets with an environment; a trainer needs its generation batch
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=4096))]
    max_envs: u32,
    /// Worker processes [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    workers: Option<u32>,
    #[arg(
        long,
        value_name = "TOKEN",
        help_heading = "Safety",
        help = "Token of clients; the variable is safer, since other users cannot see it [env: CADFORGE_TOKEN]"
    )]
    token: Option<String>,
    /// Listen on public addresses without a token or a sandbox; must be given twice
    #[arg(long = "unsafe", action = clap::ArgAction::Count, help_heading = "Safety")]
    unsafe_count: u8,
    /// Maximum size of a body or message in MB
    #[arg(long, value_name = "MB", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1024), help_heading = "Limits")]
    max_body: u32,
    /// Requests per second and address; 0 for no limit
    #[arg(long, value_name = "N", default_value_t = 1000, help_heading = "Limits")]
    max_rate: u32,
    /// Maximum number of candidates in progress or waiting; more are refused with 429
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "Limits")]
    queue: u32,
    /// Seconds without a message after which a socket is closed
    #[arg(long, value_name = "S", default_value_t = 1800, value_parser = clap::value_parser!(u64).range(1..=604_800), help_heading = "Limits")]
    idle_timeout: u64,
    /// Seconds after which a step without a score is an error; clients wait 60
    #[arg(long, value_name = "S", default_value_t = 55, value_parser = clap::value_parser!(u64).range(1..=58), help_heading = "Limits")]
    step_timeout: u64,
    /// End when standard input is closed, for programs that start a server
    #[arg(long)]
    while_stdin: bool,
    #[command(flatten)]
    scoring: ScoringArgs,
}

/// Shorter tokens can be guessed.
const TOKEN_LENGTH: usize = 16;

pub(super) fn run(args: &ServeArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let tasks = global.task_set()?;
    let token = token(args)?;
    let address = resolve(&args.host, args.port)?;
    check_exposure(args, address, token.is_some())?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = args.workers.map_or(cores, |count| count as usize);
    let engine = global.engine_with(workers, |config| {
        args.scoring.cache.apply(config);
        config.queue = args.queue as usize;
    })?;
    let scoring = args.scoring.scoring();
    // Wall time of a candidate on an idle machine.
    let longest = scoring.limits.cpu_s + scoring.limits.idle_s();
    if longest > args.step_timeout as f64 {
        eprintln!(
            "cadforge: warning: a candidate with {} CPU seconds may need {longest} s, but a step has {}: some steps will end with an error instead of a score",
            args.scoring.timeout, args.step_timeout
        );
    }
    let config = Config {
        address,
        max_envs: args.max_envs as usize,
        token,
        scoring,
        max_body: (args.max_body as usize) << 20,
        max_rate: args.max_rate,
        workers,
        queue: args.queue as usize,
        idle: Duration::from_secs(args.idle_timeout),
        step_limit: Duration::from_secs(args.step_timeout),
        signals: true,
        spectator: None,
    };
    raise_descriptor_limit();
    engine.warm_up();
    let (stop, stopped) = watch::channel(false);
    if args.while_stdin {
        end_with_stdin(stop.clone());
    }
    server::serve(&engine, tasks, config, stopped, |address| {
        let url = format!("http://{address}");
        eprintln!("cadforge: listening on {url}");
        // The starting program may have closed standard output.
        let _ = context::print(&format!("{}\n", json!({ "url": url, "pid": std::process::id() })));
    })?;
    drop(stop);
    Ok(ExitCode::SUCCESS)
}

fn token(args: &ServeArgs) -> Result<Option<String>, CliError> {
    let given = args.token.clone().or_else(|| {
        std::env::var("CADFORGE_TOKEN")
            .ok()
            .filter(|token| !token.is_empty())
    });
    let Some(token) = given else { return Ok(None) };
    if token.len() < TOKEN_LENGTH || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CliError::Input(format!(
            "the token is too short or has characters that no header can carry\nhint: use {TOKEN_LENGTH} or more letters and digits, such as of `openssl rand -hex 16`"
        )));
    }
    Ok(Some(token))
}

fn resolve(host: &str, port: u16) -> Result<SocketAddr, CliError> {
    let unknown = |why: String| {
        CliError::Input(format!(
            "cannot listen on `{host}`: {why}\nhint: give an address of this machine, such as 127.0.0.1"
        ))
    };
    // An IPv6 address may have the brackets of URLs.
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let mut found = (bare.unwrap_or(host), port)
        .to_socket_addrs()
        .map_err(|error| unknown(error.to_string()))?;
    found.next().ok_or_else(|| unknown("unknown name".to_owned()))
}

/// Refuses to listen on a public address unless that is clearly intended.
fn check_exposure(args: &ServeArgs, address: SocketAddr, has_token: bool) -> anyhow::Result<()> {
    let lacking = sandbox_support().missing();
    if server::is_local(address.ip()) {
        if let Some(lacking) = lacking {
            eprintln!("cadforge: warning: {lacking}");
        }
        return Ok(());
    }
    let hint = "\nhint: use --host 127.0.0.1, or give --unsafe twice";
    if !has_token && args.unsafe_count < 2 {
        return Err(CliError::Input(format!(
            "refused to listen on {address} without a token: any client could run code here\nhint: set CADFORGE_TOKEN{hint}"
        ))
        .into());
    }
    match lacking {
        Some(lacking) if args.unsafe_count < 2 => {
            anyhow::bail!("refused to listen on {address}: {lacking}{hint}")
        }
        Some(lacking) => {
            eprintln!("cadforge: warning: {lacking}; listening on a public address anyway");
        }
        None => {}
    }
    if !has_token {
        eprintln!("cadforge: warning: no token: any client of {address} can run code here");
    }
    Ok(())
}

/// A thousand clients need a thousand descriptors; most systems allow that on request.
fn raise_descriptor_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    const WANTED: u64 = 8192;
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < WANTED
    {
        // If it fails, fewer clients can connect.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, WANTED.min(hard), hard);
    }
}

fn end_with_stdin(stop: watch::Sender<bool>) {
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = stop.send(true);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_ipv6_come_with_brackets_or_without() {
        for (host, url) in [
            ("127.0.0.1", "http://127.0.0.1:8000"),
            ("::1", "http://[::1]:8000"),
            ("[::1]", "http://[::1]:8000"),
            ("::", "http://[::]:8000"),
        ] {
            let address = resolve(host, 8000).unwrap();
            assert_eq!(format!("http://{address}"), url);
        }
        for wrong in ["[::1", "::1]", "[]", "[127.0.0.1]:80", "::1:x"] {
            assert!(resolve(wrong, 8000).is_err(), "{wrong}");
        }
    }
}
