"""Show how good a map is: text tables, figures, pictures, and one HTML report.

Nothing here reads a model or a dataset: matrices and arrays come in, text and pixels
go out.
"""
