"""Benchmarks: what is measured, with the numbers as they came out."""
