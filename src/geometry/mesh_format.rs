//! File formats of meshes.

use std::path::Path;

use super::{MeshError, TriMesh};

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
