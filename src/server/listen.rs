//! Connections: their number, timeouts and end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Semaphore, mpsc, watch};

use super::app::{App, Config};
use super::connection::{ConnectionGuard, ended};
use super::routes;
use cadforge_engine::Engine;
use cadforge_task::TaskSet;

/// Maximum number of connections; a thousand clients and their health checks fit.
const CONNECTIONS: usize = 2048;

/// Time limit for the head of a request, and for an idle connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// After a request to end, responses in progress have this much more than a step may take.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Error of starting a server.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be used.
    #[error(
        "cannot listen on {address}: {error}\nhint: choose another --port (0 for any free port) or stop the program that uses it"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        error: std::io::Error,
    },
    /// A thread or a timer cannot be created.
    #[error("cannot start the server: {0}")]
    Runtime(std::io::Error),
}

/// Serves until a signal arrives (if enabled) or `stop` becomes true, then finishes the requests in progress. `ready`
/// is called with the address once the server listens.
pub fn serve(
    engine: &Engine,
    tasks: TaskSet,
    config: Config,
    stop: watch::Receiver<bool>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // These threads only carry messages; waiting for workers happens on others.
        .worker_threads(2)
        .thread_name("serve")
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)?;
    let done = runtime.block_on(accept(engine, Arc::new(tasks), config, stop, ready));
    // Jobs that still wait for a worker are cancelled; their results are not needed.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

async fn accept(
    engine: &Engine,
    tasks: Arc<TaskSet>,
    config: Config,
    stop: watch::Receiver<bool>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let address = config.address;
    let step_limit = config.step_limit;
    let bind = |error| ServeError::Bind { address, error };
    let listener = TcpListener::bind(address).await.map_err(bind)?;
    // Installed before the server reports that it runs: from then on a signal must not kill it.
    let mut signals = Signals::new(config.signals).map_err(ServeError::Runtime)?;
    ready(listener.local_addr().map_err(bind)?);

    let (end, ending) = watch::channel(false);
    let app = Arc::new(App::new(engine, tasks, config, ending));
    let router = routes::router(&app);
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let (alive, mut all_gone) = mpsc::channel::<()>(1);
    let mut stop = stop;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match Arc::clone(&room).try_acquire_owned() {
                    Ok(permit) => {
                        let alive = ConnectionGuard::new(permit, alive.clone());
                        tokio::spawn(connection(Arc::clone(&app), router.clone(), stream, peer, alive));
                    }
                    Err(_) => {
                        app.metrics.refused();
                        tokio::spawn(reject(stream));
                    }
                },
                Err(error) => {
                    // Most often out of descriptors; some become free when connections end.
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            () = signals.next() => break,
            () = ended(&mut stop) => break,
        }
    }
    drop(listener);
    drop(alive);
    let _ = end.send(true);
    tokio::select! {
        _ = all_gone.recv() => {}
        () = signals.next() => tracing::warn!("second signal: requests in progress are dropped"),
        () = tokio::time::sleep(step_limit + SHUTDOWN_GRACE) => {
            tracing::warn!("some clients did not read their responses; their connections are dropped");
        }
    }
    Ok(())
}

async fn connection(
    app: Arc<App>,
    router: axum::Router,
    stream: TcpStream,
    peer: SocketAddr,
    alive: ConnectionGuard,
) {
    app.metrics.connections.fetch_add(1, Ordering::Relaxed);
    // Responses are written whole; buffering for more data only delays them.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(alive.clone());
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let mut ending = app.ending.clone();
    tokio::select! {
        // A client may disconnect at any time.
        _ = connection.as_mut() => {}
        () = ended(&mut ending) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
    app.metrics.connections.fetch_sub(1, Ordering::Relaxed);
}

/// Rejects a connection beyond the limit.
async fn reject(mut stream: TcpStream) {
    const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 33\r\n\r\n{\"detail\":\"too many connections\"}";
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(ANSWER)).await;
}

/// The signals that end the process, if it is the server's own.
struct Signals(Option<[Signal; 2]>);

impl Signals {
    fn new(enabled: bool) -> std::io::Result<Self> {
        if !enabled {
            return Ok(Self(None));
        }
        Ok(Self(Some([
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        ])))
    }

    async fn next(&mut self) {
        let Some([terminate, interrupt]) = &mut self.0 else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}
