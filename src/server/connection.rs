//! How a connection is counted, and how it learns of the server's end.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};

/// Counts a connection while it is open.
#[derive(Clone)]
pub struct ConnectionGuard {
    _permit: Arc<OwnedSemaphorePermit>,
    _sender: mpsc::Sender<()>,
}

impl ConnectionGuard {
    /// Releases the permit, and the sender that the server's end waits for, when the last clone is dropped.
    pub fn new(permit: OwnedSemaphorePermit, sender: mpsc::Sender<()>) -> Self {
        Self {
            _permit: Arc::new(permit),
            _sender: sender,
        }
    }
}

/// Waits until the server is to end.
pub async fn ended(ending: &mut watch::Receiver<bool>) {
    if ending.wait_for(|end| *end).await.is_err() {
        // The sender is gone, so nothing can end the server any more.
        std::future::pending::<()>().await;
    }
}
