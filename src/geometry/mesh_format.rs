//! File formats of meshes, and their readers.

use std::path::Path;

use super::mesh::{MeshError, TriMesh};

/// A file format of meshes that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeshFormat {
    /// STL, binary or ASCII.
    Stl,
    /// Wavefront OBJ.
    Obj,
    /// Binary glTF.
    Glb,
}

impl MeshFormat {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Stl, Self::Obj, Self::Glb];

    /// Their extensions, for messages.
    pub const NAMES: &str = ".stl, .obj or .glb";

    /// The extension of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Stl => "stl",
            Self::Obj => "obj",
            Self::Glb => "glb",
        }
    }

    /// The format of a file by its extension, in any case.
    pub fn of_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?;
        Self::ALL
            .into_iter()
            .find(|format| extension.eq_ignore_ascii_case(format.extension()))
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// If they are not a mesh in this format.
    pub fn read(self, bytes: &[u8]) -> Result<TriMesh, MeshError> {
        match self {
            Self::Stl => TriMesh::from_stl(bytes),
            Self::Obj => TriMesh::from_obj(bytes),
            Self::Glb => TriMesh::from_glb(bytes),
        }
    }
}

impl TriMesh {
    /// Reads the polygons of a Wavefront OBJ; materials are ignored.
    pub fn from_obj(bytes: &[u8]) -> Result<Self, MeshError> {
        super::obj::read(bytes)
    }

    /// Reads the triangles of a binary glTF, with node transforms applied.
    ///
    /// Buffers outside the file, sparse accessors and compressed meshes are refused.
    pub fn from_glb(bytes: &[u8]) -> Result<Self, MeshError> {
        super::glb::read(bytes)
    }

    /// Reads a mesh file by its extension, see [`MeshFormat`].
    pub fn from_file(path: &std::path::Path) -> Result<Self, MeshError> {
        let format = MeshFormat::of_path(path).ok_or_else(|| {
            MeshError::Unreadable(format!(
                "`{}` is no mesh file that can be read\nhint: use STL, OBJ or GLB",
                path.display()
            ))
        })?;
        let bytes = std::fs::read(path).map_err(|error| {
            MeshError::Unreadable(format!("`{}` cannot be read: {error}", path.display()))
        })?;
        format.read(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognised_by_extension_in_any_case() {
        let of = |path: &str| MeshFormat::of_path(Path::new(path));
        assert_eq!(of("a/part.STL"), Some(MeshFormat::Stl));
        for (path, none) in [("part", None), ("stl", None), ("part.stl.gz", None)] {
            assert_eq!(of(path), none, "{path}");
        }
        for format in MeshFormat::ALL {
            assert_eq!(of(&format!("a.{}", format.extension())), Some(format));
            assert!(MeshFormat::NAMES.contains(format.extension()));
        }
    }
}
