"""The arithmetic of cadforge-v1 in Python, on the libraries of the published scorer: trimesh, Pillow, numpy and scipy.

`scripts/parity.py` compares the program with it. Shares no code with the program, and is simple rather than fast.
"""

import io
import math
import re

import numpy as np
import trimesh
from PIL import Image, ImageDraw
from scipy.spatial import cKDTree

SIZE, PADDING = 512, 28
CHAIR = "seat backrest headrest armrest gas_cylinder central_column star_base caster lumbar mechanism".split()
VIEW_WEIGHTS = {"front": 0.18, "back": 0.12, "left": 0.18, "right": 0.18, "top": 0.14, "isometric": 0.20}
WEIGHTS = {
    "fast": {
        "build": 0.22,
        "topology": 0.17,
        "contact": 0.12,
        "semantic_parts": 0.25,
        "reference_similarity": 0.10,
        "editability": 0.10,
        "efficiency": 0.04,
    },
    "full": {
        "build": 0.18,
        "topology": 0.17,
        "contact": 0.10,
        "semantic_parts": 0.15,
        "reference_similarity": 0.15,
        "silhouette": 0.10,
        "editability": 0.10,
        "efficiency": 0.05,
    },
}


def clamp(value):
    return min(1.0, max(0.0, float(value)))


def load(data, kind):
    """A mesh as trimesh loads it: vertices merged, scenes flattened."""
    return trimesh.load(io.BytesIO(data), file_type=kind, force="mesh", process=True)


def normalised(mesh):
    """z extent 1000, centred in x and y, z from 0."""
    mesh = mesh.copy()
    mesh.vertices = mesh.vertices * (1000.0 / max(mesh.extents[2], 1e-9))
    low, high = mesh.bounds
    mesh.vertices = mesh.vertices - [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]]
    return mesh


def longest_axis_up(mesh):
    x, y, z = mesh.extents
    mesh = mesh.copy()
    if x > z and x >= y:
        mesh.vertices = mesh.vertices[:, [1, 2, 0]]
    elif y > z:
        mesh.vertices = mesh.vertices[:, [0, 2, 1]]
    return mesh


def proportions(extents):
    return np.asarray(extents, dtype=float) / max(extents[2], 1e-9)


def similarity_of_proportions(actual, target):
    return max(0.0, 1.0 - np.mean(np.abs(actual - target) / np.maximum(target, 1e-9)))


def components(mesh):
    """The component of each face: joined across edges of exactly two faces, unlike `body_count`."""
    return trimesh.graph.connected_component_labels(mesh.face_adjacency, node_count=len(mesh.faces))


def topology(mesh):
    faces = len(mesh.faces)
    edges = np.sort(mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    uses = np.unique(edges, axis=0, return_counts=True)[1]
    boundary, non_manifold = np.sum(uses == 1), np.sum(uses > 2)
    degenerate = np.sum(mesh.area_faces < 1e-8)
    bodies = components(mesh).max() + 1
    b, n, d = boundary / faces, non_manifold / faces, degenerate / faces
    score = 0.25 if 1 <= bodies <= 120 else 0.12 if bodies <= 250 else 0.0
    score += 0.15 if mesh.is_watertight else 0.05
    score += 0.20 * max(0, 1 - 250 * b) + 0.15 * max(0, 1 - 250 * n) + 0.15 * max(0, 1 - 250 * d)
    score += 0.10 if 50 <= faces <= 750000 else 0.03
    score -= 0.20 if bodies > 250 else 0.0
    score -= 0.10 * sum(share > 0.02 for share in (b, n, d))
    return clamp(score)


def contact(mesh):
    height = max(mesh.extents[2], 1e-9)
    labels = components(mesh)
    corners = mesh.triangles.reshape(-1, 9)
    count = labels.max() + 1
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    for corner in range(3):
        np.minimum.at(low, labels, corners[:, 3 * corner : 3 * corner + 3])
        np.maximum.at(high, labels, corners[:, 3 * corner : 3 * corner + 3])
    large = np.linalg.norm(high - low, axis=1) >= 0.015 * height
    low, high = low[large], high[large]
    if len(low) < 2:
        return 1.0
    gaps = []
    for index in range(len(low)):
        apart = np.maximum(0.0, np.maximum(low - high[index], low[index] - high))
        distance = np.linalg.norm(apart, axis=1)
        distance[index] = np.inf
        gaps.append(distance.min() / height)
    gaps = np.array(gaps)
    return clamp(math.exp(-28 * gaps.mean()) * math.exp(-4 * gaps.max()) - min(0.40, 0.04 * np.sum(gaps > 0.08)))


def counts(code):
    return (
        len(re.findall(r"^\s*def\s+\w+\s*\(", code, re.M)),
        len(re.findall(r"^\s*[a-zA-Z_][a-zA-Z0-9_]*\s*=\s*[-+]?\d", code, re.M)),
        len(re.findall(r"^\s*return\s+", code, re.M)),
    )


def chair(mesh):
    low, height = mesh.bounds[0][2], max(mesh.extents[2], 1e-9)
    x, y, _ = proportions(mesh.extents)
    foot = mesh.vertices[mesh.vertices[:, 2] < low + 0.25 * height]
    radius = np.percentile(np.linalg.norm(foot[:, :2], axis=1), 90) / height if len(foot) else 0.0
    above = np.sum(mesh.vertices[:, 2] > low + 0.55 * height)
    upper = 1.0 if above > max(20, 0.08 * len(mesh.vertices)) else 0.0
    return 0.45 * max(0, 1 - abs(x - 0.55) - abs(y - 0.60)) + 0.35 * min(1, radius / 0.30) + 0.20 * upper


def semantic_parts(mesh, code, hints, bbox):
    hints = hints or CHAIR
    lower = code.lower()
    joined = lower.replace("_", "")
    found = sum(hint.lower() in lower or hint.lower().replace("_", "") in joined for hint in hints) / len(hints)
    geometry = similarity_of_proportions(proportions(mesh.extents), proportions(bbox)) if bbox else chair(mesh)
    return clamp(0.35 * found + 0.45 * geometry + 0.20 * min(1, counts(code)[0] / 6))


def editability(code):
    functions, named, returns = counts(code)
    score = 0.35 * min(1, functions / 6) + 0.20 * min(1, named / 8) + 0.25 * min(1, returns / max(1, functions))
    return clamp(score + (0.20 if any(word in code for word in ("show_object", "fixture", "result", "chair")) else 0.0))


def projected(vertices, view):
    if view == "isometric":
        (sz, cz), (sx, cx) = [(math.sin(a), math.cos(a)) for a in (math.radians(42), math.radians(58))]
        about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
        about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
        return (vertices @ (about_z @ about_x).T)[:, [0, 2]]
    columns = {"front": [0, 2], "back": [0, 2], "left": [1, 2], "right": [1, 2], "top": [0, 1]}[view]
    points = vertices[:, columns].copy()
    if view in ("back", "right"):
        points[:, 0] *= -1
    return points


def silhouette(mesh, view):
    points = projected(mesh.vertices, view)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (SIZE - 2 * PADDING) / max((high - low).max(), 1e-9)
    points = (points - low) * scale + PADDING
    points[:, 1] = SIZE - points[:, 1]
    image = Image.new("L", (SIZE, SIZE), 0)
    draw = ImageDraw.Draw(image)
    for triangle in points[mesh.faces].reshape(-1, 6).tolist():
        draw.polygon(triangle, fill=1)
    return np.asarray(image) > 0


class Reference:
    """A reference, prepared once."""

    def __init__(self, mesh, from_file):
        self.mesh = normalised(longest_axis_up(mesh) if from_file else mesh)
        self.samples = trimesh.sample.sample_surface(self.mesh, 3000, seed=0)[0]
        self.masks = {view: silhouette(self.mesh, view) for view in VIEW_WEIGHTS}


class Candidate:
    def __init__(self, mesh, code):
        self.mesh, self.code = normalised(mesh), code
        self.topology, self.contact = topology(self.mesh), contact(self.mesh)
        self._samples, self._masks = None, None

    def likeness(self, reference, mode):
        """Reference similarity and silhouette."""
        bbox = similarity_of_proportions(proportions(self.mesh.extents), proportions(reference.mesh.extents))
        if mode == "fast":
            return bbox, bbox
        if self._masks is None:
            self._samples = trimesh.sample.sample_surface(self.mesh, 1500, seed=0)[0]
            self._masks = {view: silhouette(self.mesh, view) for view in VIEW_WEIGHTS}
        there = cKDTree(reference.samples).query(self._samples)[0].mean()
        back = cKDTree(self._samples).query(reference.samples)[0].mean()
        chamfer = math.exp(-((there + back) / 2 / 1000.0) / 0.10)
        overlap = 0.0
        for view, weight in VIEW_WEIGHTS.items():
            one, other = self._masks[view], reference.masks[view]
            either = np.sum(one | other)
            overlap += weight * (np.sum(one & other) / either if either else 1.0)
        return 0.25 * bbox + 0.35 * chamfer + 0.40 * overlap, overlap

    def score(self, hints, bbox, ideal, mesh, mode):
        """Every component and the total. `ideal` and `mesh` are references or None."""
        pairs = [self.likeness(reference, mode) for reference in (ideal, mesh) if reference]
        shares = {0: [], 1: [1.0], 2: [0.60, 0.40]}[len(pairs)]
        blend = [clamp(sum(share * pair[part] for share, pair in zip(shares, pairs))) if pairs else 0.5 for part in (0, 1)]
        scores = {
            "build": 1.0,
            "topology": self.topology,
            "contact": self.contact,
            "semantic_parts": semantic_parts(self.mesh, self.code, hints, bbox),
            "reference_similarity": blend[0],
            "silhouette": blend[1],
            "editability": editability(self.code),
            "efficiency": 1.0,
        }
        return scores | {"total": clamp(sum(weight * scores[name] for name, weight in WEIGHTS[mode].items()))}
