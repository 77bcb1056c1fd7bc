//! The file of `--trace`, in the trace event format of Chromium, which Perfetto reads too.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Record, Records, Track};

/// Complete events (`ph` is `X`) in µs, with the names of processes and threads as metadata.
pub(super) fn of(records: &Records) -> String {
    let tracks: BTreeSet<&Track> = records.stages.iter().map(|stage| &stage.track).collect();
    let kinds: BTreeSet<&str> = tracks.iter().map(|track| track.kind()).collect();
    // Process and thread of a track, in the terms of the format.
    let place = |track: &Track| match track {
        Track::Program { thread } => (u64::from(std::process::id()), thread + 1),
        Track::Process { worker, process } => {
            let at = kinds.iter().position(|kind| kind == process);
            (*worker, at.unwrap_or_default() + 1)
        }
    };
    let named = |what: &str, track: &Track, name: &str| {
        let (pid, tid) = place(track);
        json!({"ph": "M", "name": what, "pid": pid, "tid": tid, "args": {"name": name}})
    };
    let names = tracks.iter().flat_map(|track| match track {
        Track::Program { thread } => [
            named("process_name", track, "cadforge"),
            named("thread_name", track, &format!("thread {}", thread + 1)),
        ],
        Track::Process { worker, process } => [
            named("process_name", track, &format!("worker {worker}")),
            named("thread_name", track, process),
        ],
    });
    let stages = records.stages.iter().map(|stage| {
        let Record {
            track,
            name,
            begin_us,
            us,
        } = stage;
        let (pid, tid) = place(track);
        json!({"ph": "X", "name": name, "cat": track.kind(), "pid": pid, "tid": tid, "ts": begin_us, "dur": us})
    });
    let events: Vec<Value> = names.chain(stages).collect();
    json!({"displayTimeUnit": "ms", "traceEvents": events}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_the_fields_of_the_format() {
        let process = |process: &str| Track::Process {
            worker: 40,
            process: process.to_owned(),
        };
        let record = |track, name: &str| Record {
            track,
            name: name.to_owned(),
            begin_us: 5,
            us: 7,
        };
        let records = Records {
            stages: vec![
                record(process("reader"), "parse"),
                record(process("worker"), "files of the run"),
                record(Track::Program { thread: 0 }, "score"),
            ],
            ..Records::default()
        };
        let file: Value = serde_json::from_str(&of(&records)).unwrap();
        let events = file["traceEvents"].as_array().unwrap();
        assert_eq!(events.len(), 2 * 3 + 3);
        let of_name = |name: &str| events.iter().find(|event| event["name"] == name).unwrap();
        let parse = of_name("parse");
        assert_eq!(
            (&parse["ph"], &parse["pid"], &parse["ts"], &parse["dur"]),
            (&json!("X"), &json!(40), &json!(5), &json!(7))
        );
        assert_ne!(parse["tid"], of_name("files of the run")["tid"]);
        assert_eq!(of_name("score")["pid"], json!(std::process::id()));
        assert!(events.iter().any(|event| event["args"]["name"] == "worker 40"));
    }
}
