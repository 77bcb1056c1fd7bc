//! Cancelling of calls.

/// Cancels a running or queued call; cheap to clone.
///
/// Created by [`CancelToken::pair`].
#[derive(Clone, Debug)]
pub struct CancelToken(crossbeam_channel::Receiver<()>);

/// Fires its token when [`CancelSource::cancel`] is called or when it is dropped.
#[derive(Debug)]
pub struct CancelSource(#[allow(dead_code)] crossbeam_channel::Sender<()>);

impl CancelToken {
    /// A source and the token that it fires.
    pub fn pair() -> (CancelSource, Self) {
        let (sender, receiver) = crossbeam_channel::bounded(0);
        (CancelSource(sender), Self(receiver))
    }

    /// A token that never fires.
    pub fn never() -> Self {
        Self(crossbeam_channel::never())
    }

    /// Whether it has fired.
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self.0.try_recv(),
            Err(crossbeam_channel::TryRecvError::Disconnected)
        )
    }

    /// Disconnects when fired; for `select!`.
    pub fn receiver(&self) -> &crossbeam_channel::Receiver<()> {
        &self.0
    }
}

impl CancelSource {
    /// Fires the token.
    pub fn cancel(self) {}
}
