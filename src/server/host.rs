//! A server inside another program: on a thread of its own, with what comes of it as events.

use std::net::SocketAddr;

use crossbeam_channel::Receiver;
use tokio::sync::watch;

use super::Config;
use cadforge_core::task::TaskSet;
use cadforge_engine::{Engine, Wake};

/// What becomes of a hosted server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostEvent {
    /// It listens there.
    Listening(SocketAddr),
    /// It is over: asked to, or it could not go on, with what failed and the way out.
    Ended(Result<(), String>),
}

/// A server that was started.
pub struct Hosting {
    /// What becomes of it, in order; the last is [`HostEvent::Ended`].
    pub events: Receiver<HostEvent>,
    /// Asks it to end, once what is under way is answered; returns at once.
    pub stop: Box<dyn Fn() + Send>,
}

/// Starts a server over an engine that others use too; `wake` is called after each event.
pub fn host(engine: &Engine, tasks: TaskSet, config: Config, wake: Wake) -> Hosting {
    let (sender, events) = crossbeam_channel::unbounded();
    let (stop, stopped) = watch::channel(false);
    let engine = engine.clone();
    let run = move || {
        let tell = |event| {
            // Nobody listens any more to one whose window has closed.
            let _ = sender.send(event);
            wake();
        };
        let ended = super::serve(&engine, tasks, config, stopped, |address| {
            tell(HostEvent::Listening(address));
        });
        tell(HostEvent::Ended(ended.map_err(|error| error.to_string())));
    };
    if let Err(error) = std::thread::Builder::new().name("host".to_owned()).spawn(run) {
        // The closure is gone with its sender.
        let message = format!("cannot start the server: {error}\nhint: close other programs");
        let (sender, events) = crossbeam_channel::bounded(1);
        let _ = sender.send(HostEvent::Ended(Err(message)));
        return Hosting {
            events,
            stop: Box::new(|| {}),
        };
    }
    Hosting {
        events,
        stop: Box::new(move || {
            // One that has ended already needs no telling.
            let _ = stop.send(true);
        }),
    }
}
