"""Kernels on plain arrays: NumPy and SciPy only, no pandas, no labels, no input or output."""
