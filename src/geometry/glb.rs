//! Reads binary glTF.
//!
//! Takes the triangles of the default scene, with node transforms applied. Every offset in the file is
//! checked against its bytes: a broken file is an error, never a panic.

use gltf::accessor::{DataType, Dimensions};
use gltf::mesh::Mode;

use super::{MeshError, TriMesh};

type Matrix = [[f64; 4]; 4];

pub(super) fn read(bytes: &[u8]) -> Result<TriMesh, MeshError> {
    // The reader subtracts the header's length from the announced one before it looks at either.
    let announced = bytes.get(8..12).map(|length| u32::from_le_bytes(length.try_into().expect("four bytes")));
    if !bytes.starts_with(b"glTF") || announced.is_none_or(|length| length < 12) {
        return Err(broken("its header is not that of a binary glTF"));
    }
    let file = gltf::Gltf::from_slice(bytes).map_err(|error| broken(&error.to_string()))?;
    let buffer = file.blob.as_deref().unwrap_or_default();

    let mut soup = Soup::default();
    let Some(scene) = file.default_scene().or_else(|| file.scenes().next()) else {
        for mesh in file.meshes() {
            soup.add(&mesh, &IDENTITY, buffer)?;
        }
        return TriMesh::new(&soup.vertices, &soup.triangles);
    };
    // Nodes form trees, so that none is met twice; a file where one is would never end.
    let mut left = file.nodes().len();
    let mut open: Vec<(gltf::Node<'_>, Matrix)> = scene.nodes().map(|node| (node, IDENTITY)).collect();
    open.reverse();
    while let Some((node, parent)) = open.pop() {
        left = left.checked_sub(1).ok_or_else(|| broken("a node is reached twice"))?;
        let local = node.transform().matrix().map(|column| column.map(f64::from));
        let world = multiply(&parent, &local);
        if let Some(mesh) = node.mesh() {
            soup.add(&mesh, &world, buffer)?;
        }
        let first = open.len();
        open.extend(node.children().map(|child| (child, world)));
        open[first..].reverse();
    }
    TriMesh::new(&soup.vertices, &soup.triangles)
}

#[derive(Default)]
struct Soup {
    vertices: Vec<[f64; 3]>,
    triangles: Vec<[u32; 3]>,
}

impl Soup {
    fn add(&mut self, mesh: &gltf::Mesh<'_>, world: &Matrix, buffer: &[u8]) -> Result<(), MeshError> {
        for primitive in mesh.primitives() {
            let Some(accessor) = primitive.get(&gltf::Semantic::Positions) else { continue };
            let positions = Elements::new(&accessor, buffer)?;
            if accessor.data_type() != DataType::F32 || accessor.dimensions() != Dimensions::Vec3 {
                return Err(broken("positions are not three 32-bit floats"));
            }
            let count = positions.count as u32;
            let indices = match primitive.indices() {
                None => (0..count).collect(),
                Some(accessor) => read_indices(&accessor, buffer)?,
            };
            let Some(triangles) = assemble(primitive.mode(), &indices) else { continue };
            if triangles.iter().flatten().any(|&index| index >= count) {
                return Err(broken("a triangle refers to a vertex that does not exist"));
            }
            let first = self.vertices.len() as u32;
            self.vertices.extend(positions.map(|position| transform(world, position)));
            self.triangles.extend(triangles.iter().map(|triangle| triangle.map(|index| first + index)));
        }
        Ok(())
    }
}

/// The elements of an accessor, whose whole range was checked to lie within the buffer.
struct Elements<'a> {
    bytes: &'a [u8],
    stride: usize,
    count: usize,
    next: usize,
}

impl<'a> Elements<'a> {
    fn new(accessor: &gltf::Accessor<'_>, buffer: &'a [u8]) -> Result<Self, MeshError> {
        if accessor.sparse().is_some() {
            return Err(broken("it has sparse accessors, which are not read"));
        }
        let view = accessor.view().ok_or_else(|| broken("an accessor has no data"))?;
        if !matches!(view.buffer().source(), gltf::buffer::Source::Bin) {
            return Err(broken("its buffers lie outside the file\nhint: export a self-contained GLB"));
        }
        let size = accessor.data_type().size() * accessor.dimensions().multiplicity();
        let stride = view.stride().unwrap_or(size);
        let count = accessor.count();
        let bytes = view
            .offset()
            .checked_add(view.length())
            .and_then(|end| buffer.get(view.offset()..end))
            .and_then(|bytes| bytes.get(accessor.offset()..));
        let needed = count.checked_sub(1).and_then(|last| last.checked_mul(stride)?.checked_add(size));
        match (bytes, needed) {
            (Some(bytes), Some(needed)) if needed <= bytes.len() && stride >= size => {
                Ok(Self { bytes, stride, count, next: 0 })
            }
            _ => Err(broken(&format!("an accessor of {count} elements reaches beyond its buffer"))),
        }
    }

    fn next_bytes(&mut self) -> Option<&'a [u8]> {
        let at = self.next * self.stride;
        self.next += 1;
        (self.next <= self.count).then(|| &self.bytes[at..])
    }
}

/// As positions: three floats an element.
impl Iterator for Elements<'_> {
    type Item = [f64; 3];

    fn next(&mut self) -> Option<[f64; 3]> {
        let bytes = self.next_bytes()?;
        Some(std::array::from_fn(|axis| {
            let bytes = bytes[4 * axis..4 * axis + 4].try_into().expect("four bytes");
            f64::from(f32::from_le_bytes(bytes))
        }))
    }
}

fn read_indices(accessor: &gltf::Accessor<'_>, buffer: &[u8]) -> Result<Vec<u32>, MeshError> {
    let mut elements = Elements::new(accessor, buffer)?;
    let read: fn(&[u8]) -> u32 = match (accessor.dimensions(), accessor.data_type()) {
        (Dimensions::Scalar, DataType::U8) => |bytes| u32::from(bytes[0]),
        (Dimensions::Scalar, DataType::U16) => |bytes| u32::from(u16::from_le_bytes([bytes[0], bytes[1]])),
        (Dimensions::Scalar, DataType::U32) => {
            |bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
        }
        _ => return Err(broken("indices are not unsigned integers")),
    };
    let mut indices = Vec::with_capacity(elements.count);
    while let Some(bytes) = elements.next_bytes() {
        indices.push(read(bytes));
    }
    Ok(indices)
}

/// Triangles of a primitive; `None` for points and lines.
fn assemble(mode: Mode, indices: &[u32]) -> Option<Vec<[u32; 3]>> {
    let windows = indices.windows(3).enumerate();
    Some(match mode {
        Mode::Triangles => indices.chunks_exact(3).map(|t| [t[0], t[1], t[2]]).collect(),
        Mode::TriangleStrip => {
            windows.map(|(i, t)| if i % 2 == 0 { [t[0], t[1], t[2]] } else { [t[1], t[0], t[2]] }).collect()
        }
        Mode::TriangleFan => indices.windows(2).skip(1).map(|t| [indices[0], t[0], t[1]]).collect(),
        Mode::Points | Mode::Lines | Mode::LineLoop | Mode::LineStrip => return None,
    })
}

const IDENTITY: Matrix = [[1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.], [0., 0., 0., 1.]];

/// Column-major, as glTF has them.
fn multiply(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|column| {
        std::array::from_fn(|row| (0..4).map(|k| a[k][row] * b[column][k]).sum())
    })
}

fn transform(matrix: &Matrix, [x, y, z]: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|row| matrix[0][row] * x + matrix[1][row] * y + matrix[2][row] * z + matrix[3][row])
}

fn broken(message: &str) -> MeshError {
    MeshError::Unreadable(format!("GLB is broken: {message}"))
}
