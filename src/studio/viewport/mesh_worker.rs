//! Prepares shapes for drawing, and compares them, on a separate thread.

use std::sync::{Arc, Weak};
use std::thread;

use crossbeam_channel::{Receiver, Sender};

use super::objects::Models;
use crate::geometry::{Scene, Shape, SignedDistance};
use crate::render::Model;
use crate::render::heat::Heat;

/// Maximum number of heat maps kept; each takes up to two megabytes.
const HEATS: usize = 24;

/// Requests and their results.
#[derive(Default)]
pub struct MeshWorker {
    thread: Option<(Sender<MeshRequest>, Receiver<MeshResult>)>,
    models: Vec<(Weak<Shape>, LoadState<Model>)>,
    scenes: Vec<(Weak<Scene>, LoadState<Models>)>,
    /// Most recently used last.
    heats: Vec<(ShapePair, LoadState<Heat>)>,
    /// Whether coarse models for moving pictures are needed.
    with_coarse: bool,
}

/// Weak references suffice: the address is not reused while they exist.
#[derive(Clone)]
struct ShapePair(Weak<Shape>, Weak<Shape>);

/// Stage of a request.
#[derive(Debug)]
pub enum LoadState<T> {
    Pending,
    Ready(Arc<T>),
    Unavailable,
}

impl<T> Clone for LoadState<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Pending => Self::Pending,
            Self::Ready(made) => Self::Ready(Arc::clone(made)),
            Self::Unavailable => Self::Unavailable,
        }
    }
}

impl<T> LoadState<T> {
    pub fn ready(&self) -> Option<&Arc<T>> {
        match self {
            Self::Ready(made) => Some(made),
            Self::Pending | Self::Unavailable => None,
        }
    }
}

enum MeshRequest {
    Model(Weak<Shape>, bool),
    Scene(Weak<Scene>, bool),
    Heat(ShapePair),
}

enum MeshResult {
    Model(Weak<Shape>, Option<Arc<Model>>),
    Scene(Weak<Scene>, Option<Arc<Models>>),
    Heat(ShapePair, Option<Arc<Heat>>),
}

impl MeshWorker {
    /// Creates an idle worker; coarse models are made only `with_coarse`.
    pub fn new(with_coarse: bool) -> Self {
        Self {
            with_coarse,
            ..Self::default()
        }
    }

    /// Receives results.
    pub fn collect(&mut self) {
        let Some((_, dishes)) = &self.thread else { return };
        while let Ok(result) = dishes.try_recv() {
            match result {
                MeshResult::Model(shape, model) => {
                    if let Some((_, stage)) = self.models.iter_mut().find(|(known, _)| known.ptr_eq(&shape)) {
                        *stage = model.map_or(LoadState::Unavailable, LoadState::Ready);
                    }
                }
                MeshResult::Scene(scene, models) => {
                    if let Some((_, stage)) = self.scenes.iter_mut().find(|(known, _)| known.ptr_eq(&scene)) {
                        *stage = models.map_or(LoadState::Unavailable, LoadState::Ready);
                    }
                }
                MeshResult::Heat(pair, heat) => {
                    if let Some((_, stage)) = self.heats.iter_mut().find(|(known, _)| known.equals(&pair)) {
                        *stage = heat.map_or(LoadState::Unavailable, LoadState::Ready);
                    }
                }
            }
        }
    }

    /// Model of a shape, requested on the first call. A very heavy shape gets a draft first, which the model replaces.
    pub fn model(&mut self, ctx: &egui::Context, shape: &Arc<Shape>) -> LoadState<Model> {
        let known = self
            .models
            .iter()
            .find(|(known, _)| std::ptr::eq(known.as_ptr(), Arc::as_ptr(shape)));
        if let Some((_, stage)) = known {
            return stage.clone();
        }
        self.models.retain(|(shape, _)| shape.strong_count() > 0);
        let shape = Arc::downgrade(shape);
        self.models.push((shape.clone(), LoadState::Pending));
        self.request(ctx, MeshRequest::Model(shape, self.with_coarse));
        LoadState::Pending
    }

    /// Models of a scene's objects, requested on the first call.
    pub fn objects(&mut self, ctx: &egui::Context, scene: &Arc<Scene>) -> LoadState<Models> {
        let known = self
            .scenes
            .iter()
            .find(|(known, _)| std::ptr::eq(known.as_ptr(), Arc::as_ptr(scene)));
        if let Some((_, stage)) = known {
            return stage.clone();
        }
        self.scenes.retain(|(scene, _)| scene.strong_count() > 0);
        let scene = Arc::downgrade(scene);
        self.scenes.push((scene.clone(), LoadState::Pending));
        self.request(ctx, MeshRequest::Scene(scene, self.with_coarse));
        LoadState::Pending
    }

    /// Distances of a shape's surface from another shape, requested on the first call.
    pub fn heat(&mut self, ctx: &egui::Context, shape: &Arc<Shape>, other: &Arc<Shape>) -> LoadState<Heat> {
        let pair = ShapePair(Arc::downgrade(shape), Arc::downgrade(other));
        if let Some(at) = self.heats.iter().position(|(known, _)| known.equals(&pair)) {
            let found = self.heats.remove(at);
            let stage = found.1.clone();
            self.heats.push(found);
            return stage;
        }
        self.heats.retain(|(pair, _)| pair.is_alive());
        if self.heats.len() >= HEATS {
            self.heats.remove(0);
        }
        self.heats.push((pair.clone(), LoadState::Pending));
        self.request(ctx, MeshRequest::Heat(pair));
        LoadState::Pending
    }

    fn request(&mut self, ctx: &egui::Context, request: MeshRequest) {
        let (requests, _) = self.thread.get_or_insert_with(|| start(ctx.clone()));
        // The thread receives for as long as this value holds its queue.
        let _ = requests.send(request);
    }
}

impl ShapePair {
    fn equals(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0) && self.1.ptr_eq(&other.1)
    }

    fn is_alive(&self) -> bool {
        self.0.strong_count() > 0 && self.1.strong_count() > 0
    }
}

fn start(ctx: egui::Context) -> (Sender<MeshRequest>, Receiver<MeshResult>) {
    let (requests, queue) = crossbeam_channel::unbounded();
    let (done, dishes) = crossbeam_channel::unbounded();
    thread::spawn(move || {
        // Last target of a heat map: stepping through a timeline compares all steps with one seed.
        let mut target: Option<(Weak<Shape>, SignedDistance)> = None;
        for order in queue {
            let result = match order {
                MeshRequest::Model(shape, coarse) => {
                    // A shape dropped in the meantime needs no model.
                    let draft = shape
                        .upgrade()
                        .and_then(|shape| Model::draft(&shape))
                        .map(Arc::new);
                    if let Some(draft) = &draft {
                        let result = MeshResult::Model(shape.clone(), Some(Arc::clone(draft)));
                        if done.send(result).is_err() {
                            return;
                        }
                        ctx.request_repaint();
                    }
                    let model = shape.upgrade().map(|shape| match &draft {
                        Some(draft) => draft.refined(&shape, coarse),
                        None => Model::of(&shape, coarse),
                    });
                    MeshResult::Model(shape, model.map(Arc::new))
                }
                MeshRequest::Scene(scene, coarse) => {
                    let models = scene.upgrade().map(|scene| {
                        let models = scene
                            .objects
                            .iter()
                            .map(|object| Model::of_object(object, coarse));
                        Arc::new(models.map(|model| model.map(Arc::new)).collect())
                    });
                    MeshResult::Scene(scene, models)
                }
                MeshRequest::Heat(pair) => {
                    let heat = compute_heat(&pair, &mut target);
                    MeshResult::Heat(pair, heat)
                }
            };
            if done.send(result).is_err() {
                return;
            }
            ctx.request_repaint();
        }
    });
    (requests, dishes)
}

fn compute_heat(pair: &ShapePair, target: &mut Option<(Weak<Shape>, SignedDistance)>) -> Option<Arc<Heat>> {
    let (shape, other) = (pair.0.upgrade()?, pair.1.upgrade()?);
    if !target.as_ref().is_some_and(|(known, _)| known.ptr_eq(&pair.1)) {
        *target = Some((pair.1.clone(), SignedDistance::to(&other.mesh)));
    }
    let (_, distance) = target.as_ref()?;
    let buffers = crate::render::mesh::Buffers::of(&shape);
    let weak = pair.clone();
    drop((shape, other));
    Heat::of(&buffers, distance, &|| !weak.is_alive()).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::render::testing::tube;
    use crate::render::{Subject, Tone};

    /// Models of a shape, in the order in which they become ready.
    fn models(shape: &Arc<Shape>) -> Vec<Arc<Model>> {
        let ctx = egui::Context::default();
        let mut mesh_worker = MeshWorker::new(true);
        mesh_worker.model(&ctx, shape);
        let (_, dishes) = mesh_worker.thread.as_ref().expect("a thread");
        let mut models: Vec<Arc<Model>> = Vec::new();
        while models.last().is_none_or(|model| model.is_draft()) {
            match dishes.recv_timeout(Duration::from_secs(60)) {
                Ok(MeshResult::Model(_, Some(model))) => models.push(model),
                _ => panic!("no model"),
            }
        }
        models
    }

    #[test]
    fn a_very_heavy_shape_is_displayed_as_a_draft_first() {
        let shape = Arc::new(tube(30_000, 30.0, 40.0));
        let models = models(&shape);
        assert_eq!(models.len(), 2);
        let subject = |model: &Arc<Model>| Subject {
            model: Some(Arc::clone(model)),
            ..Subject::new(Arc::clone(&shape), Tone::Step)
        };
        let subjects: Vec<Subject> = models.iter().map(subject).collect();
        assert_ne!(subjects[0], subjects[1], "the picture is drawn anew");
        assert_eq!(subjects[1], subjects[1].clone());
    }

    #[test]
    fn a_light_shape_is_ready_at_once() {
        let models = models(&Arc::new(tube(64, 30.0, 40.0)));
        assert!(models.len() == 1 && models[0].tree.is_some());
    }
}
