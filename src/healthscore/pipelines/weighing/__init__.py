"""Weights against history, from a judgement to what people read: result, sentences, rows of tables."""
