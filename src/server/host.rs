//! A server inside another program, on a thread of its own, with its status as events.

use std::net::SocketAddr;

use crossbeam_channel::Receiver;
use tokio::sync::watch;

use super::app::Config;
use super::listen::serve;
use cadforge_engine::{Engine, Wake};
use cadforge_task::TaskSet;

/// A change of status of a hosted server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostEvent {
    /// Listens on this address.
    Listening(SocketAddr),
    /// Ended, on request or with an error and a hint.
    Ended(Result<(), String>),
}

/// A hosted server.
pub struct Hosting {
    /// Its events in order; the last is [`HostEvent::Ended`].
    pub events: Receiver<HostEvent>,
    /// Asks it to end after the requests in progress; returns at once.
    pub stop: Box<dyn Fn() + Send>,
}

/// Starts a server over a shared engine; `wake` is called after each event.
pub fn host(engine: &Engine, tasks: TaskSet, config: Config, wake: Wake) -> Hosting {
    let (sender, events) = crossbeam_channel::unbounded();
    let (stop, stopped) = watch::channel(false);
    let engine = engine.clone();
    let run = move || {
        let send = |event| {
            // The receiver is gone if the window has closed.
            let _ = sender.send(event);
            wake();
        };
        let ended = serve(&engine, tasks, config, stopped, |address| {
            send(HostEvent::Listening(address));
        });
        send(HostEvent::Ended(ended.map_err(|error| error.to_string())));
    };
    if let Err(error) = std::thread::Builder::new().name("host".to_owned()).spawn(run) {
        // The closure was dropped with its sender.
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
            // An error means that it has ended already.
            let _ = stop.send(true);
        }),
    }
}
