//! Body of a subject in a picture: a candidate's shape, or an object of its script's scene.

use std::sync::Arc;

use super::Subject;
use super::mesh::Buffers;
use super::model::Model;
use super::palette::Tone;
use cadforge_geometry::{Aabb, Scene, SceneObject, Shape, TriMesh};

/// A drawable body. Compared by identity: shapes and scenes are immutable.
#[derive(Clone, Debug)]
pub enum Body {
    /// A candidate's shape.
    Shape(Arc<Shape>),
    /// The object of that index in a scene.
    Object(Arc<Scene>, usize),
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Shape(one), Self::Shape(other)) => Arc::ptr_eq(one, other),
            (Self::Object(one, at), Self::Object(other, place)) => Arc::ptr_eq(one, other) && at == place,
            (Self::Shape(_), Self::Object(..)) | (Self::Object(..), Self::Shape(_)) => false,
        }
    }
}

impl Body {
    /// Triangles; a wire has none.
    pub fn mesh(&self) -> Option<&TriMesh> {
        match self {
            Self::Shape(shape) => Some(&shape.mesh),
            Self::Object(scene, at) => scene.objects.get(*at)?.mesh.as_ref(),
        }
    }

    pub(super) fn buffers(&self) -> Buffers {
        match self {
            Self::Shape(shape) => Buffers::of(shape),
            Self::Object(scene, at) => scene
                .objects
                .get(*at)
                .map_or_else(Buffers::default, Buffers::of_object),
        }
    }
}

/// Subjects that show a scene's visible objects in place of `whole`, the scored shape.
///
/// `models` are those of the objects, once ready. If only one object is scored, it is drawn as `whole`, with the data of its
/// faces.
pub fn subjects(
    whole: &Subject,
    scene: &Arc<Scene>,
    models: &[Option<Arc<Model>>],
    is_visible: impl Fn(usize) -> bool,
) -> Vec<Subject> {
    let representative = representative(scene);
    let has_others = scene.objects.iter().any(|object| !object.is_scored);
    let of_object = |(at, object): (usize, &SceneObject)| {
        let is_whole = representative == Some(at);
        let seen = object.opacity > 0.0 && (is_whole || object.bounds().is_some());
        (seen && is_visible(at)).then(|| Subject {
            body: if is_whole {
                whole.body.clone()
            } else {
                Body::Object(Arc::clone(scene), at)
            },
            model: if is_whole {
                whole.model.clone()
            } else {
                models.get(at).cloned().flatten()
            },
            tone: if object.is_scored {
                whole.tone
            } else {
                Tone::Reference
            },
            color: object.color.map(color),
            opacity: object.opacity,
            accented: object.is_scored && has_others,
            ..whole.clone()
        })
    };
    scene.objects.iter().enumerate().filter_map(of_object).collect()
}

/// Bounding box of a scene's visible objects, of which the scored shape fills `whole`.
pub fn bounds(scene: &Scene, whole: Aabb, is_visible: impl Fn(usize) -> bool) -> Option<Aabb> {
    let representative = representative(scene);
    scene
        .objects
        .iter()
        .enumerate()
        .filter(|(at, object)| object.opacity > 0.0 && is_visible(*at))
        .filter_map(|(at, object)| {
            if representative == Some(at) {
                Some(whole)
            } else {
                object.bounds()
            }
        })
        .reduce(|one, other| Aabb::around(&[one.min, one.max, other.min, other.max]))
}

/// The object drawn as the scored shape: the only scored one, or the first of several if none of them has triangles.
fn representative(scene: &Scene) -> Option<usize> {
    let mut scored = scene
        .objects
        .iter()
        .enumerate()
        .filter(|(_, object)| object.is_scored);
    let (first, object) = scored.next()?;
    let is_bare = |object: &SceneObject| object.mesh.is_none();
    let mut rest = scored.peekable();
    let alone = rest.peek().is_none();
    (alone || (is_bare(object) && rest.all(|(_, object)| is_bare(object)))).then_some(first)
}

/// A script's colour in the colour space of pixels.
pub fn color(channels: [f32; 3]) -> egui::Color32 {
    let [r, g, b] = channels.map(|channel| (channel.clamp(0.0, 1.0) * 255.0).round() as u8);
    egui::Color32::from_rgb(r, g, b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::block;

    fn object(is_scored: bool, size: Option<f64>) -> SceneObject {
        SceneObject {
            name: None,
            color: None,
            opacity: 1.0,
            is_scored,
            mesh: size.map(|size| block([size; 3]).mesh),
            edges: Vec::new(),
        }
    }

    fn scene(objects: Vec<SceneObject>) -> Arc<Scene> {
        Arc::new(Scene { objects })
    }

    fn whole() -> Subject {
        Subject::new(Arc::new(block([10.0; 3])), Tone::Step)
    }

    #[test]
    fn a_scored_object_is_drawn_as_the_shape_and_others_in_grey() {
        let (whole, scene) = (
            whole(),
            scene(vec![object(false, Some(4.0)), object(true, Some(10.0))]),
        );
        let subjects = subjects(&whole, &scene, &[], |_| true);
        assert_eq!(subjects.len(), 2);
        assert!(matches!(subjects[0].body, Body::Object(_, 0)));
        assert_eq!((subjects[0].tone, subjects[0].accented), (Tone::Reference, false));
        assert_eq!(subjects[1].body, whole.body);
        assert_eq!((subjects[1].tone, subjects[1].accented), (Tone::Step, true));
    }

    #[test]
    fn parts_of_an_assembly_are_drawn_each_by_itself() {
        let (whole, scene) = (
            whole(),
            scene(vec![object(true, Some(4.0)), object(true, Some(6.0))]),
        );
        let drawn = subjects(&whole, &scene, &[], |_| true);
        assert!(
            drawn
                .iter()
                .all(|subject| matches!(subject.body, Body::Object(..)) && !subject.accented)
        );
        // Too large for the worker to transfer: the shape represents all of them.
        let bare = self::scene(vec![object(true, None), object(true, None)]);
        let drawn = subjects(&whole, &bare, &[], |_| true);
        assert_eq!(drawn.len(), 1);
        assert_eq!(drawn[0].body, whole.body);
    }

    #[test]
    fn hidden_invisible_and_empty_objects_are_not_drawn_or_framed() {
        let mut unseen = object(false, Some(90.0));
        unseen.opacity = 0.0;
        let objects = vec![
            object(true, Some(10.0)),
            object(false, Some(40.0)),
            unseen,
            object(false, None),
        ];
        let (whole, scene) = (whole(), scene(objects));
        assert_eq!(subjects(&whole, &scene, &[], |_| true).len(), 2);
        assert_eq!(subjects(&whole, &scene, &[], |at| at == 0).len(), 1);
        let bbox = block([10.0; 3]).mesh.bbox();
        assert_eq!(bounds(&scene, bbox, |_| true).unwrap().size(), [40.0; 3]);
        assert_eq!(bounds(&scene, bbox, |at| at == 0).unwrap().size(), [10.0; 3]);
        assert_eq!(bounds(&scene, bbox, |_| false), None);
    }
}
