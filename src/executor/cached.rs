//! Cached builds of candidates, shared by all profiles and modes.
//!
//! Only results that equal code would reproduce are cached: see [`is_cacheable`].

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::execution::{Build, Execution};
use super::identity::Identity;
use cadforge_core::cache::{Cache, Key, KeyBuilder};
use cadforge_core::failure::{Failure, Kind};
use cadforge_geometry::{BrepEdge, BrepFacts, BrepSurface, Shape, TriMesh};
use cadforge_platform::kernel;
use cadforge_protocol::frame::{read_frame, write_frame};
use cadforge_protocol::{Limits, RunSpec, WorkerVersions};

/// Incremented with every change of the entry format.
const FORMAT: u32 = 5;

/// Key of every input that can affect a build.
pub(crate) fn key(identity: &Identity, code: &[u8], spec: &RunSpec) -> Key {
    let RunSpec {
        limits,
        mesh,
        project,
    } = spec;
    let Limits {
        cpu_s,
        memory_mb,
        output_bytes,
        triangles,
        mesh_cpu_s,
    } = limits;
    KeyBuilder::default()
        .part("build", &FORMAT.to_le_bytes())
        .part("identity", identity.bytes())
        .part("cpu_s", &cpu_s.to_le_bytes())
        .part("memory_mb", &memory_mb.to_le_bytes())
        .part("output_bytes", &output_bytes.to_le_bytes())
        .part("triangles", &triangles.to_le_bytes())
        .part("mesh_cpu_s", &mesh_cpu_s.to_le_bytes())
        .part("mesh", &[*mesh as u8])
        .optional(
            "project",
            project.as_ref().map(|project| project.digest().as_slice()),
        )
        .part("code", code)
        .key()
}

/// Whether equal code would reproduce the result. Results that depend on time, memory or signals also depend on the
/// machine.
pub fn is_cacheable(failure: Option<&Failure>) -> bool {
    match failure.map(|failure| failure.kind) {
        Some(Kind::Timeout | Kind::OutOfMemory | Kind::Crash | Kind::OutputFlood) => false,
        None
        | Some(
            Kind::Clipped
            | Kind::Sandbox
            | Kind::BadEncoding
            | Kind::TooManyTriangles
            | Kind::Forged
            | Kind::SyntaxClosure
            | Kind::MissingFixture
            | Kind::EmptyGeometry
            | Kind::InventedApi
            | Kind::UndefinedName
            | Kind::ImportError
            | Kind::TypeOrValue
            | Kind::UnknownBuildFailure
            | Kind::LowEditability
            | Kind::DisconnectedOrWeak
            | Kind::BuildOk,
        ) => true,
    }
}

pub(crate) fn load(cache: &Cache, key: &Key) -> Option<Execution> {
    let payload = cache.get(key)?;
    let execution = decode(&payload);
    if execution.is_none() {
        cache.forget(key);
    }
    execution
}

/// Stores a build if it is cacheable.
pub(crate) fn store(cache: &Cache, key: &Key, execution: &Execution) {
    let failure = match &execution.build {
        Build::Shape(_) => None,
        Build::Failed(failure) => Some(failure),
    };
    if execution.cacheable
        && is_cacheable(failure)
        && let Some(payload) = encode(execution)
    {
        cache.put(key, payload);
    }
}

/// Versions that a worker of this identity reported, if cached.
pub(crate) fn load_versions(cache: &Cache, identity: &Identity) -> Option<WorkerVersions> {
    serde_json::from_slice(&cache.get(&versions_key(identity))?).ok()
}

pub(crate) fn store_versions(cache: &Cache, identity: &Identity, versions: &WorkerVersions) {
    let payload = serde_json::to_vec(versions).expect("versions are plain text");
    cache.put(&versions_key(identity), payload);
}

fn versions_key(identity: &Identity) -> Key {
    KeyBuilder::default()
        .part("versions", &FORMAT.to_le_bytes())
        .part("identity", identity.bytes())
        .key()
}

/// Header of an entry; the rest of the entry is blobs.
#[derive(Serialize, Deserialize)]
struct Header {
    outcome: Result<BrepFacts, Failure>,
    surfaces: Vec<BrepSurface>,
    notes: Vec<String>,
    shows_more: bool,
    run_ms: f64,
    mesh_ms: f64,
}

/// `None` if the build is too large for a frame.
fn encode(execution: &Execution) -> Option<Vec<u8>> {
    // Destructured completely: a new field requires a decision here.
    let Execution {
        build,
        stdout,
        stderr,
        // Exported once, on request.
        step: _,
        notes,
        shows_more,
        // Made again for display: see [`Executor::build`](super::Executor::build).
        scene: _,
        unscored: _,
        // Settled before anything is stored.
        disputed: _,
        queue_ms: _,
        run_ms,
        mesh_ms,
        // Only cacheable builds are stored, and the kernel is part of the identity.
        cacheable: _,
        resumed: _,
        sandbox: _,
    } = execution;
    let (outcome, surfaces, stl, faces, edges) = match build {
        Build::Failed(failure) => (
            Err(failure.clone()),
            Vec::new(),
            [].as_slice(),
            Vec::new(),
            Vec::new(),
        ),
        Build::Shape(shape) => {
            let Shape {
                stl,
                mesh: _,
                face_triangles,
                edges,
                surfaces,
                facts,
            } = &**shape;
            let faces = face_triangles
                .iter()
                .flat_map(|count| count.to_le_bytes())
                .collect();
            (
                Ok(facts.clone()),
                surfaces.clone(),
                &**stl,
                faces,
                edge_bytes(edges),
            )
        }
    };
    let header = Header {
        outcome,
        surfaces,
        notes: notes.clone(),
        shows_more: *shows_more,
        run_ms: *run_ms,
        mesh_ms: *mesh_ms,
    };
    let mut payload = Vec::with_capacity(1024 + stl.len() + faces.len() + edges.len());
    let blobs = [stdout.as_bytes(), stderr.as_bytes(), stl, &faces, &edges];
    write_frame(&mut payload, &header, &blobs).ok()?;
    Some(payload)
}

fn decode(mut payload: &[u8]) -> Option<Execution> {
    let (header, blobs) = read_frame::<Header>(&mut payload).ok()??;
    let [stdout, stderr, stl, faces, edges] = <[Vec<u8>; 5]>::try_from(blobs).ok()?;
    let build = match header.outcome {
        Err(failure) => Build::Failed(failure),
        Ok(facts) => Build::Shape(Arc::new(Shape {
            mesh: TriMesh::from_stl(&stl).ok()?,
            stl: stl.into(),
            face_triangles: faces.chunks_exact(4).map(|count| u32_at(count, 0)).collect(),
            edges: edges_of(&edges)?,
            surfaces: header.surfaces,
            facts,
        })),
    };
    Some(Execution {
        build,
        stdout: String::from_utf8(stdout).ok()?,
        stderr: String::from_utf8(stderr).ok()?,
        step: None,
        notes: header.notes,
        shows_more: header.shows_more,
        scene: None,
        unscored: None,
        disputed: None,
        queue_ms: 0.0,
        run_ms: header.run_ms,
        mesh_ms: header.mesh_ms,
        cacheable: true,
        resumed: 0,
        sandbox: Some(kernel::sandbox_support()),
    })
}

/// Each edge, little-endian: length of the curve's name, the name, number of points, points.
fn edge_bytes(edges: &[BrepEdge]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for BrepEdge { curve, points } in edges {
        bytes.extend((curve.len() as u32).to_le_bytes());
        bytes.extend(curve.as_bytes());
        bytes.extend((points.len() as u32).to_le_bytes());
        bytes.extend(points.iter().flatten().flat_map(|x| x.to_le_bytes()));
    }
    bytes
}

fn edges_of(mut bytes: &[u8]) -> Option<Vec<BrepEdge>> {
    let mut edges = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_at_checked(4)?;
        let (curve, rest) = rest.split_at_checked(u32_at(length, 0) as usize)?;
        let (count, rest) = rest.split_at_checked(4)?;
        let (points, rest) = rest.split_at_checked((u32_at(count, 0) as usize).checked_mul(12)?)?;
        edges.push(BrepEdge {
            curve: String::from_utf8(curve.to_vec()).ok()?,
            points: points
                .chunks_exact(12)
                .map(|point| [0, 4, 8].map(|at| f32::from_bits(u32_at(point, at))))
                .collect(),
        });
        bytes = rest;
    }
    Some(edges)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cadforge_core::cache::Bounds;

    fn failed(kind: Kind) -> Execution {
        Execution {
            build: Build::Failed(Failure {
                kind,
                message: "a message".to_owned(),
                line: Some(3),
                traceback: "a trace".to_owned(),
            }),
            stdout: "out \u{fffd}".to_owned(),
            stderr: String::new(),
            step: None,
            notes: vec!["a note".to_owned()],
            shows_more: true,
            scene: None,
            unscored: None,
            disputed: None,
            queue_ms: 5.0,
            run_ms: 1.25,
            mesh_ms: 0.1,
            cacheable: true,
            resumed: 0,
            sandbox: Some(kernel::sandbox_support()),
        }
    }

    fn built() -> Execution {
        let mut stl = vec![0; 80];
        stl.extend(1u32.to_le_bytes());
        for x in [0.0f32, 0.0, 1.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 2.5, 0.0] {
            stl.extend(x.to_le_bytes());
        }
        stl.extend([0, 0]);
        let facts = BrepFacts {
            faces: 1,
            edges: 3,
            vertices: 3,
            volume: 0.1 + 0.2,
            area: 5.0,
            valid: true,
            ..BrepFacts::default()
        };
        let shape = Shape {
            mesh: TriMesh::from_stl(&stl).unwrap(),
            stl: stl.into(),
            face_triangles: vec![1],
            edges: vec![BrepEdge {
                curve: "LINE".to_owned(),
                points: vec![[0.0; 3], [4.0, 0.0, 0.1]],
            }],
            surfaces: vec![BrepSurface {
                surface: "PLANE".to_owned(),
                radius: 0.0,
                second: 0.0,
                point: [0.0, 0.1, 0.2],
                axis: [0.0, 0.0, 1.0],
                area: 5.0,
                bbox: cadforge_geometry::Aabb {
                    min: [0.0; 3],
                    max: [4.0, 2.5, 0.0],
                },
            }],
            facts,
        };
        Execution {
            build: Build::Shape(Arc::new(shape)),
            ..failed(Kind::BuildOk)
        }
    }

    /// Everything except the time in the queue.
    fn text(execution: &Execution) -> String {
        format!(
            "{:?}",
            Execution {
                queue_ms: 0.0,
                ..execution.clone()
            }
        )
    }

    #[test]
    fn a_build_round_trips() {
        for execution in [built(), failed(Kind::SyntaxClosure)] {
            let payload = encode(&execution).unwrap();
            let back = decode(&payload).unwrap();
            assert_eq!(text(&back), text(&execution));
            assert_eq!(back.queue_ms, 0.0);
            for cut in 0..payload.len() {
                assert!(decode(&payload[..cut]).is_none(), "cut at {cut}");
            }
        }
    }

    #[test]
    fn results_that_depend_on_the_machine_are_not_cached() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path().to_owned(), Bounds::default());
        let key = KeyBuilder::default().part("a", b"key").key();
        let unclean = Execution {
            cacheable: false,
            ..built()
        };
        store(&cache, &key, &unclean);
        for kind in [Kind::Timeout, Kind::OutOfMemory, Kind::Crash, Kind::OutputFlood] {
            store(&cache, &key, &failed(kind));
        }
        assert!(load(&cache, &key).is_none());
        store(&cache, &key, &failed(Kind::UndefinedName));
        assert!(load(&cache, &key).is_some());
        cache.put(&key, b"from another time".to_vec());
        assert!(load(&cache, &key).is_none() && cache.get(&key).is_none());
    }

    #[test]
    fn code_and_spec_change_the_key() {
        let config = crate::WorkerConfig::new("worker".into(), "venv/bin/python".into(), 1);
        let identity = Identity::of(&config);
        let spec = RunSpec::default();
        let mut others = vec![key(&identity, b"x = 1", &spec), key(&identity, b"x = 1 ", &spec)];
        let folder = tempfile::tempdir().unwrap();
        let project = cadforge_protocol::project::Project::open(folder.path()).unwrap();
        std::fs::write(folder.path().join("sizes.json"), "{}").unwrap();
        for project in [project.refreshed().unwrap(), project] {
            let spec = RunSpec {
                project: Some(project),
                ..spec.clone()
            };
            others.push(key(&identity, b"x = 1", &spec));
        }
        let changes: [fn(&mut RunSpec); 6] = [
            |spec| spec.limits.cpu_s += 0.5,
            |spec| spec.limits.memory_mb += 1,
            |spec| spec.limits.output_bytes += 1,
            |spec| spec.limits.triangles += 1,
            |spec| spec.limits.mesh_cpu_s += 0.5,
            |spec| spec.mesh = crate::MeshMethod::Bounded,
        ];
        for change in changes {
            let mut spec = spec.clone();
            change(&mut spec);
            others.push(key(&identity, b"x = 1", &spec));
        }
        for (at, one) in others.iter().enumerate() {
            assert!(!others[..at].contains(one), "{at}");
        }
    }
}
