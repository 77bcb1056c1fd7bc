"""Rewards of CADForge for trainers. Standard library only; `cadforge serve` does the work."""

from .client import score_rows, scores
from .trl import reward_func
from .verifiers import load_environment
from .verl import compute_score, compute_scores

__all__ = ["compute_score", "compute_scores", "load_environment", "reward_func", "score_rows", "scores"]
