use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use super::*;

fn key(number: u64) -> Key {
    KeyBuilder::default().part("number", &number.to_le_bytes()).key()
}

/// Without memory, so that all reads go to the disk.
fn on_disk(folder: &Path, disk: u64) -> Cache {
    Cache::open(folder.to_owned(), Bounds { memory: 0, disk })
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(entries(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn entries_are_read_by_another_cache_and_only_under_their_key() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("not/there/yet");
    let cache = on_disk(&below, 1 << 30);
    assert!(cache.get(&key(1)).is_none());
    assert!(!below.exists(), "looking makes no folder");
    cache.put(&key(1), b"one".to_vec());
    cache.put(&key(2), Vec::new());
    let other = on_disk(&below, 1 << 30);
    assert_eq!(other.get(&key(1)).as_deref(), Some(b"one".as_slice()));
    assert_eq!(other.get(&key(2)).as_deref(), Some(b"".as_slice()));
    assert!(other.get(&key(3)).is_none());
    other.forget(&key(1));
    assert!(cache.get(&key(1)).is_none());
    Cache::off().put(&key(3), b"three".to_vec());
    assert!(Cache::off().get(&key(3)).is_none());
}

#[test]
fn memory_answers_after_the_disk_has_lost_it() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path().to_owned(), Bounds::default());
    cache.put(&key(1), b"one".to_vec());
    remove(folder.path()).unwrap();
    assert_eq!(cache.get(&key(1)).as_deref(), Some(b"one".as_slice()));
    assert!(on_disk(folder.path(), 1 << 30).get(&key(1)).is_none());
}

#[test]
fn a_damaged_entry_is_a_miss_and_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let cache = on_disk(folder.path(), 1 << 30);
    let payload: Vec<u8> = (0..=255).collect();
    let whole = {
        cache.put(&key(1), payload.clone());
        fs::read(&entries(folder.path())[0]).unwrap()
    };
    let flip = |at: usize, bit: u8| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << bit;
        bytes
    };
    let mut damaged: Vec<(String, Vec<u8>)> = (0..whole.len())
        .map(|at| (format!("bit flipped in byte {at}"), flip(at, (at % 8) as u8)))
        .collect();
    damaged
        .extend((0..whole.len()).map(|length| (format!("cut to {length} bytes"), whole[..length].to_vec())));
    damaged.push(("longer".to_owned(), [whole.as_slice(), b"x"].concat()));
    for (what, bytes) in damaged {
        cache.put(&key(1), payload.clone());
        let path = entries(folder.path()).remove(0);
        fs::write(&path, bytes).unwrap();
        assert!(cache.get(&key(1)).is_none(), "{what}");
        assert!(!path.exists(), "{what} stays");
    }
    // Valid, but in the place of another entry.
    cache.put(&key(1), payload.clone());
    cache.put(&key(2), payload);
    let [one, two] = [key(1), key(2)].map(|key| {
        let name = key.hex();
        entries(folder.path())
            .into_iter()
            .find(|path| path.ends_with(&name))
            .unwrap()
    });
    fs::copy(one, two).unwrap();
    assert!(cache.get(&key(2)).is_none());
    assert!(cache.get(&key(1)).is_some());
}

#[test]
fn the_disk_is_bounded_and_the_least_recently_used_are_evicted() {
    let folder = tempfile::tempdir().unwrap();
    // Sixteen folders of sixteen blocks each.
    let bound = 16 * 16 * 4096;
    let cache = on_disk(folder.path(), bound);
    for number in 0..1000 {
        cache.put(&key(number), vec![0; 3000]);
        let found = entries(folder.path());
        if found.len() < 100 {
            // Makes all but one of them look old.
            let old = SystemTime::now() - Duration::from_secs(1000 - number);
            for path in found {
                if !path.ends_with(key(0).hex()) {
                    fs::File::open(path).unwrap().set_modified(old).unwrap();
                }
            }
        }
        assert!(
            cache.get(&key(0)).is_some(),
            "in use all the time, gone after {number}"
        );
    }
    let usage = usage(folder.path());
    assert!(usage.bytes <= bound, "{usage:?}");
    assert!(usage.entries > 150, "{usage:?}: more went than had to");
    assert!(cache.get(&key(999)).is_some());
    assert!(cache.get(&key(1)).is_none());
    // An entry larger than a quarter of its folder's bound would evict all others.
    cache.put(&key(5000), vec![0; 5 * 4096]);
    assert!(cache.get(&key(5000)).is_none());
}

#[test]
fn abandoned_temporary_files_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let cache = on_disk(folder.path(), 1 << 30);
    cache.put(&key(1), Vec::new());
    let part = entries(folder.path())[0].parent().unwrap().to_owned();
    let [fresh, left] = ["fresh", "left"].map(|name| {
        let path = part.join(format!("{}{name}", ".new-"));
        fs::write(&path, "x").unwrap();
        path
    });
    let old = SystemTime::now() - Duration::from_secs(3600);
    fs::File::open(&left).unwrap().set_modified(old).unwrap();
    assert_eq!(usage(folder.path()).entries, 1);
    assert!(fresh.exists() && !left.exists());
}

#[test]
fn removing_leaves_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("thesis.tex");
    fs::write(&own, "x").unwrap();
    let cache = on_disk(folder.path(), 1 << 30);
    for number in 0..40 {
        cache.put(&key(number), vec![0; 5000]);
    }
    let removed = remove(folder.path()).unwrap();
    assert_eq!(
        removed,
        Usage {
            entries: 40,
            bytes: 40 * 8192
        }
    );
    assert_eq!(entries(folder.path()), [own]);
    assert_eq!(remove(folder.path()).unwrap(), Usage::default());
    assert_eq!(remove(&folder.path().join("nowhere")).unwrap(), Usage::default());
}

#[test]
fn a_read_only_folder_only_causes_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    // Works for root too: a folder cannot be below a file.
    let cache = Cache::open(file.join("cache"), Bounds::default());
    cache.put(&key(1), b"one".to_vec());
    assert!(cache.0.as_ref().unwrap().refused.load(Ordering::Relaxed));
    assert_eq!(cache.get(&key(1)).as_deref(), Some(b"one".as_slice()));
    let warning = refusal(&file, &io::Error::from(io::ErrorKind::StorageFull));
    assert!(
        warning.contains("hint:") && warning.contains("CADFORGE_CACHE"),
        "{warning}"
    );
}

#[test]
fn entries_are_private() {
    let folder = tempfile::tempdir().unwrap();
    let cache = on_disk(&folder.path().join("cache"), 1 << 30);
    cache.put(&key(1), Vec::new());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o077;
    let entry = &entries(folder.path())[0];
    assert_eq!((mode(entry), mode(entry.parent().unwrap())), (0, 0));
}

/// A payload that identifies its key and writer.
fn own_payload(number: u64, writer: u64) -> Vec<u8> {
    let word = [number.to_le_bytes(), writer.to_le_bytes()].concat();
    word.repeat(1 + number as usize % 700)
}

const FOLDER: &str = "CADFORGE_TEST_CACHE_FOLDER";

/// Many processes write equal and different keys, read each other's entries and evict, all at once.
#[test]
fn processes_that_share_a_folder_read_only_valid_entries() {
    let folder = tempfile::tempdir().unwrap();
    let children: Vec<_> = (0..4)
        .map(|_| {
            std::process::Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "cache::tests::one_of_several_processes",
                    "--include-ignored",
                ])
                .env(FOLDER, folder.path())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }
    // The next write evicts, whatever the other processes did.
    let cache = on_disk(folder.path(), SHARED_BOUND);
    for number in 0..200 {
        cache.put(&key(10_000 + number), vec![0; 3000]);
    }
    let usage = usage(folder.path());
    assert!(usage.bytes <= SHARED_BOUND, "{usage:?}");
    let left_over = entries(folder.path())
        .into_iter()
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".new-"));
    assert_eq!(left_over.count(), 0);
}

/// A tenth of what each process writes.
const SHARED_BOUND: u64 = 16 * 32 * 4096;

#[test]
#[ignore = "a part of the test above, which starts it several times"]
fn one_of_several_processes() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let cache = on_disk(Path::new(&folder), SHARED_BOUND);
    let own = u64::from(std::process::id());
    let mut found = 0;
    for turn in 0..3000u64 {
        // Half of the keys are shared.
        let number = if turn % 2 == 0 {
            turn % 300
        } else {
            own * 10_000 + turn
        };
        cache.put(
            &key(number),
            own_payload(number, if turn % 2 == 0 { 0 } else { own }),
        );
        let wanted = (turn * 7) % 300;
        if let Some(payload) = cache.get(&key(wanted)) {
            found += 1;
            assert!(
                *payload == *own_payload(wanted, 0),
                "key {wanted} holds something else"
            );
        }
    }
    assert!(found > 100, "only {found} were found");
}
