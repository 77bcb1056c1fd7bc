//! Reads binary glTF.
//!
//! Reads the triangles of the default scene, with node transforms applied. Every index and offset is checked before
//! use: a malformed file is an error, never a panic. (The `gltf` crate's validation panics on a primitive with a
//! missing accessor; serde reads the few parts needed here.)

use serde::Deserialize;

use super::mesh::{MeshError, TriMesh};

pub(super) fn read(bytes: &[u8]) -> Result<TriMesh, MeshError> {
    let (json, buffer) = chunks(bytes)?;
    let file: File =
        serde_json::from_slice(json).map_err(|error| broken(&format!("its JSON chunk: {error}")))?;
    if let Some(extension) = file.extensions_required.first() {
        let hint = "hint: export without compression or other required extensions";
        return Err(broken(&format!(
            "it requires the extension `{extension}`\n{hint}"
        )));
    }

    let mut soup = Soup::default();
    let Some(scene) = file.scenes.get(file.scene.unwrap_or(0)) else {
        for mesh in &file.meshes {
            soup.add(&file, mesh, &IDENTITY, buffer)?;
        }
        return TriMesh::new(&soup.vertices, &soup.triangles);
    };
    // Nodes form trees, so each is visited once; a file with a cycle must not loop for ever.
    let mut left = file.nodes.len();
    // The last node first, as in trimesh: the order determines which points of a surface cadforge-v1 samples.
    let mut open: Vec<(usize, Matrix)> = scene.nodes.iter().map(|&node| (node, IDENTITY)).collect();
    while let Some((index, parent)) = open.pop() {
        left = left
            .checked_sub(1)
            .ok_or_else(|| broken("a node is reached twice"))?;
        let node = find(&file.nodes, index, "node")?;
        let world = multiply(&parent, &node.local());
        if let Some(mesh) = node.mesh {
            soup.add(&file, find(&file.meshes, mesh, "mesh")?, &world, buffer)?;
        }
        open.extend(node.children.iter().map(|&child| (child, world)));
    }
    TriMesh::new(&soup.vertices, &soup.triangles)
}

/// The JSON chunk and the binary chunk, which may be missing.
fn chunks(bytes: &[u8]) -> Result<(&[u8], &[u8]), MeshError> {
    let word = |at: usize| {
        let word = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(word.try_into().expect("four bytes")) as usize)
    };
    let cut = || broken(&format!("it is cut off after {} bytes", bytes.len()));
    if !bytes.starts_with(b"glTF") || word(4) != Some(2) {
        return Err(broken("its header is not that of a binary glTF 2"));
    }
    let chunk = |at: usize, kind: &[u8]| -> Option<&[u8]> {
        let start = at.checked_add(8)?;
        (bytes.get(at + 4..start)? == kind).then_some(())?;
        bytes.get(start..start.checked_add(word(at)?)?)
    };
    let json = chunk(12, b"JSON").ok_or_else(cut)?;
    let next = 20 + json.len();
    let buffer = if next < bytes.len() {
        chunk(next, b"BIN\0").ok_or_else(cut)?
    } else {
        &[]
    };
    Ok((json, buffer))
}

/// The part of a glTF file that determines triangles.
#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[derive(Default)]
struct File {
    extensions_required: Vec<String>,
    scene: Option<usize>,
    scenes: Vec<GltfScene>,
    nodes: Vec<Node>,
    meshes: Vec<Mesh>,
    accessors: Vec<Accessor>,
    buffer_views: Vec<BufferView>,
    buffers: Vec<Buffer>,
}

#[derive(Deserialize)]
struct GltfScene {
    #[serde(default)]
    nodes: Vec<usize>,
}

#[derive(Deserialize)]
struct Node {
    #[serde(default)]
    children: Vec<usize>,
    mesh: Option<usize>,
    matrix: Option<Matrix>,
    #[serde(default)]
    translation: [f64; 3],
    #[serde(default = "no_rotation")]
    rotation: [f64; 4],
    #[serde(default = "no_scale")]
    scale: [f64; 3],
}

#[derive(Deserialize)]
struct Mesh {
    primitives: Vec<Primitive>,
}

#[derive(Deserialize)]
struct Primitive {
    attributes: Attributes,
    indices: Option<usize>,
    /// 4 is triangles, 5 strip, 6 fan; lower modes are points and lines.
    #[serde(default = "triangles_mode")]
    mode: u32,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(rename = "POSITION")]
    position: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accessor {
    buffer_view: Option<usize>,
    #[serde(default)]
    byte_offset: usize,
    component_type: u32,
    count: usize,
    #[serde(rename = "type")]
    shape: String,
    sparse: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BufferView {
    buffer: usize,
    #[serde(default)]
    byte_offset: usize,
    byte_length: usize,
    byte_stride: Option<usize>,
}

#[derive(Deserialize)]
struct Buffer {
    uri: Option<serde::de::IgnoredAny>,
}

fn no_rotation() -> [f64; 4] {
    [0.0, 0.0, 0.0, 1.0]
}

fn no_scale() -> [f64; 3] {
    [1.0; 3]
}

fn triangles_mode() -> u32 {
    4
}

impl Node {
    fn local(&self) -> Matrix {
        if let Some(matrix) = self.matrix {
            return matrix;
        }
        let [x, y, z, w] = self.rotation;
        let rotation = [
            [
                1.0 - 2.0 * (y * y + z * z),
                2.0 * (x * y + w * z),
                2.0 * (x * z - w * y),
            ],
            [
                2.0 * (x * y - w * z),
                1.0 - 2.0 * (x * x + z * z),
                2.0 * (y * z + w * x),
            ],
            [
                2.0 * (x * z + w * y),
                2.0 * (y * z - w * x),
                1.0 - 2.0 * (x * x + y * y),
            ],
        ];
        let mut local = [0.0; 16];
        for column in 0..3 {
            for row in 0..3 {
                local[4 * column + row] = rotation[column][row] * self.scale[column];
            }
        }
        local[12..15].copy_from_slice(&self.translation);
        local[15] = 1.0;
        local
    }
}

#[derive(Default)]
struct Soup {
    vertices: Vec<[f64; 3]>,
    triangles: Vec<[u32; 3]>,
}

impl Soup {
    fn add(&mut self, file: &File, mesh: &Mesh, world: &Matrix, buffer: &[u8]) -> Result<(), MeshError> {
        for primitive in &mesh.primitives {
            let Some(position) = primitive.attributes.position else {
                continue;
            };
            let positions = elements(file, position, buffer, "VEC3", |kind, bytes| {
                (kind == FLOAT).then(|| {
                    std::array::from_fn(|axis| {
                        let bytes = bytes[4 * axis..4 * axis + 4].try_into().expect("four bytes");
                        f64::from(f32::from_le_bytes(bytes))
                    })
                })
            })?;
            let indices = match primitive.indices {
                None => (0..positions.len() as u32).collect(),
                Some(accessor) => elements(file, accessor, buffer, "SCALAR", |kind, bytes| match kind {
                    UNSIGNED_BYTE => Some(u32::from(bytes[0])),
                    UNSIGNED_SHORT => Some(u32::from(u16::from_le_bytes([bytes[0], bytes[1]]))),
                    UNSIGNED_INT => Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])),
                    _ => None,
                })?,
            };
            let Some(triangles) = assemble(primitive.mode, &indices) else {
                continue;
            };
            if triangles
                .iter()
                .flatten()
                .any(|&index| index as usize >= positions.len())
            {
                return Err(broken("a triangle refers to a vertex that does not exist"));
            }
            if self.triangles.len() + triangles.len() > MAX_TRIANGLES {
                return Err(broken(&format!(
                    "its nodes place more than {MAX_TRIANGLES} triangles"
                )));
            }
            let first = self.vertices.len() as u32;
            self.vertices
                .extend(positions.iter().map(|&position| transform(world, position)));
            self.triangles.extend(
                triangles
                    .iter()
                    .map(|triangle| triangle.map(|index| first + index)),
            );
        }
        Ok(())
    }
}

/// Nodes can repeat meshes: the limit keeps a small file from filling the memory.
const MAX_TRIANGLES: usize = 20_000_000;

const UNSIGNED_BYTE: u32 = 5121;
const UNSIGNED_SHORT: u32 = 5123;
const UNSIGNED_INT: u32 = 5125;
const FLOAT: u32 = 5126;

/// Every element of an accessor; `one` converts it from its component type and bytes.
fn elements<T>(
    file: &File,
    accessor: usize,
    buffer: &[u8],
    shape: &str,
    one: impl Fn(u32, &[u8]) -> Option<T>,
) -> Result<Vec<T>, MeshError> {
    let accessor = find(&file.accessors, accessor, "accessor")?;
    if accessor.sparse.is_some() {
        return Err(broken("it has sparse accessors, which are not supported"));
    }
    let view = accessor
        .buffer_view
        .ok_or_else(|| broken("an accessor has no data"))?;
    let view = find(&file.buffer_views, view, "buffer view")?;
    if view.buffer != 0 || find(&file.buffers, 0, "buffer")?.uri.is_some() {
        return Err(broken(
            "its buffers lie outside the file\nhint: export a self-contained GLB",
        ));
    }
    let component = match accessor.component_type {
        UNSIGNED_BYTE => 1,
        UNSIGNED_SHORT => 2,
        UNSIGNED_INT | FLOAT => 4,
        _ => 0,
    };
    let size = component * if shape == "VEC3" { 3 } else { 1 };
    let stride = view.byte_stride.unwrap_or(size);
    if accessor.shape != shape || size == 0 || stride < size {
        let (kind, found) = (accessor.component_type, &accessor.shape);
        return Err(broken(&format!(
            "an accessor is {found} of type {kind}, where {shape} is needed"
        )));
    }
    let range = |start: usize, length: usize| Some(start..start.checked_add(length)?);
    let bytes = range(view.byte_offset, view.byte_length).and_then(|range| buffer.get(range));
    let bytes = bytes.and_then(|bytes| bytes.get(accessor.byte_offset..));
    let reach = accessor
        .count
        .checked_sub(1)
        .and_then(|last| last.checked_mul(stride)?.checked_add(size));
    let (Some(bytes), Some(reach)) = (bytes, reach) else {
        return Err(beyond(accessor.count));
    };
    if reach > bytes.len() {
        return Err(beyond(accessor.count));
    }
    let read = |index: usize| one(accessor.component_type, &bytes[index * stride..]);
    let all: Option<Vec<T>> = (0..accessor.count).map(read).collect();
    all.ok_or_else(|| {
        broken(&format!(
            "a {shape} accessor has component type {}",
            accessor.component_type
        ))
    })
}

/// Triangles of a primitive; `None` for points and lines.
fn assemble(mode: u32, indices: &[u32]) -> Option<Vec<[u32; 3]>> {
    Some(match mode {
        4 => indices.chunks_exact(3).map(|t| [t[0], t[1], t[2]]).collect(),
        5 => {
            let alternate = |(i, t): (usize, &[u32])| {
                if i % 2 == 0 {
                    [t[0], t[1], t[2]]
                } else {
                    [t[1], t[0], t[2]]
                }
            };
            indices.windows(3).enumerate().map(alternate).collect()
        }
        6 => indices
            .windows(2)
            .skip(1)
            .map(|t| [indices[0], t[0], t[1]])
            .collect(),
        _ => return None,
    })
}

/// Column-major, as glTF has them.
type Matrix = [f64; 16];

const IDENTITY: Matrix = [1., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1.];

fn multiply(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|at| (0..4).map(|k| a[4 * k + at % 4] * b[at / 4 * 4 + k]).sum())
}

fn transform(matrix: &Matrix, [x, y, z]: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|row| matrix[row] * x + matrix[4 + row] * y + matrix[8 + row] * z + matrix[12 + row])
}

fn find<'a, T>(items: &'a [T], index: usize, what: &str) -> Result<&'a T, MeshError> {
    items
        .get(index)
        .ok_or_else(|| broken(&format!("{what} {index} does not exist")))
}

fn beyond(count: usize) -> MeshError {
    broken(&format!(
        "an accessor of {count} elements reaches beyond its buffer"
    ))
}

fn broken(message: &str) -> MeshError {
    MeshError::Unreadable(format!("GLB is broken: {message}"))
}
