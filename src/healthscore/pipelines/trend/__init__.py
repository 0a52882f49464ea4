"""The course of scores: what changed since when, which rules that meets, and what caused it."""
