//! Objects that a script displays: visibility, and the list to change it.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::Color32;

use crate::geometry::{Aabb, Scene};
use crate::render::{Model, Subject, body};

/// Models of a scene's objects; none for an empty object.
pub(super) type Models = Vec<Option<Arc<Model>>>;

/// The list and its hidden objects.
#[derive(Default)]
pub(super) struct Objects {
    scene: Option<Arc<Scene>>,
    pub listed: Vec<ListedObject>,
    /// By label, so that an object stays hidden when the script runs again.
    hidden: BTreeSet<String>,
    /// The drawn scene: the last one whose models were ready.
    ready: Option<(Arc<Scene>, Arc<Models>)>,
}

pub(super) struct ListedObject {
    pub label: String,
    pub color: Option<Color32>,
    pub opacity: f32,
    pub is_scored: bool,
}

impl Objects {
    /// Sets the scene on screen.
    pub fn list(&mut self, scene: Option<&Arc<Scene>>) {
        let is_known = match (&self.scene, scene) {
            (Some(known), Some(scene)) => Arc::ptr_eq(known, scene),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if is_known {
            return;
        }
        self.listed = scene.map_or_else(Vec::new, |scene| {
            let lines = scene.objects.iter().zip(labels(scene));
            lines
                .map(|(object, label)| ListedObject {
                    label,
                    color: object.color.map(body::color),
                    opacity: object.opacity,
                    is_scored: object.is_scored,
                })
                .collect()
        });
        self.scene = scene.cloned();
    }

    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Whether an object of the scene on screen is visible.
    pub fn is_visible(&self, index: usize) -> bool {
        self.listed
            .get(index)
            .is_none_or(|line| !self.hidden.contains(&line.label))
    }

    /// Whether any part of the scored shape is visible.
    pub fn scored_is_visible(&self) -> bool {
        let mut scored = self
            .listed
            .iter()
            .enumerate()
            .filter(|(_, line)| line.is_scored)
            .peekable();
        scored.peek().is_none() || scored.any(|(index, _)| self.is_visible(index))
    }

    pub fn show_all(&mut self) {
        for line in &self.listed {
            self.hidden.remove(&line.label);
        }
    }

    pub fn show_scored(&mut self) {
        for line in &self.listed {
            if line.is_scored {
                self.hidden.remove(&line.label);
            } else {
                self.hidden.insert(line.label.clone());
            }
        }
    }

    pub fn toggle(&mut self, index: usize) {
        if let Some(line) = self.listed.get(index)
            && !self.hidden.remove(&line.label)
        {
            self.hidden.insert(line.label.clone());
        }
    }

    /// Sets the scene to draw, together with the shape beside it.
    pub fn set_ready(&mut self, ready: Option<(Arc<Scene>, Arc<Models>)>) {
        self.ready = ready;
    }

    /// Whether an object of the drawn scene is visible: that may still be the previous scene.
    fn ready_is_visible(&self, scene: &Arc<Scene>, index: usize) -> bool {
        let is_listed = self
            .scene
            .as_ref()
            .is_some_and(|listed| Arc::ptr_eq(listed, scene));
        !is_listed || self.is_visible(index)
    }

    /// Bounding box of visible objects, of which the scored shape fills `whole`.
    pub fn bounds(&self, whole: Aabb) -> Aabb {
        let found = match (&self.ready, &self.scene) {
            (Some((scene, _)), _) => body::bounds(scene, whole, |index| self.ready_is_visible(scene, index)),
            (None, Some(scene)) => body::bounds(scene, whole, |index| self.is_visible(index)),
            (None, None) => None,
        };
        found.unwrap_or(whole)
    }

    /// Subjects drawn in place of the scored shape; none if the script displays nothing else.
    pub fn subjects(&self, whole: &Subject) -> Option<Vec<Subject>> {
        let (scene, models) = self.ready.as_ref()?;
        let is_visible = |index| self.ready_is_visible(scene, index);
        Some(body::subjects(whole, scene, models, is_visible))
    }

    /// Label of the list's button.
    pub fn title(&self) -> String {
        let seen = (0..self.listed.len())
            .filter(|index| self.is_visible(*index))
            .count();
        match self.listed.len() {
            all if seen == all => format!("Objects {all}"),
            all => format!("Objects {seen}/{all}"),
        }
    }
}

/// A unique label for each object: its name, or its number.
fn labels(scene: &Scene) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut labels = Vec::with_capacity(scene.objects.len());
    for (index, object) in scene.objects.iter().enumerate() {
        let name = match object.name.as_deref().map(str::trim) {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => format!("object {}", index + 1),
        };
        let mut label = name.clone();
        let mut number = 2;
        while !taken.insert(label.clone()) {
            label = format!("{name} ({number})");
            number += 1;
        }
        labels.push(label);
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::SceneObject;

    #[test]
    fn labels_are_unique_names_or_numbers() {
        let object = |name: Option<&str>| SceneObject {
            name: name.map(str::to_owned),
            color: None,
            opacity: 1.0,
            is_scored: false,
            mesh: None,
            edges: Vec::new(),
        };
        let names = [
            Some("lid"),
            None,
            Some(""),
            Some("lid"),
            Some("lid (2)"),
            Some("object 2"),
        ];
        let scene = Scene {
            objects: names.map(object).into(),
        };
        assert_eq!(
            labels(&scene),
            [
                "lid",
                "object 2",
                "object 3",
                "lid (2)",
                "lid (2) (2)",
                "object 2 (2)"
            ]
        );
    }
}
