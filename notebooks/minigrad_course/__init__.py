"""The machinery of the course: solved chapters in, exercises, a judge and proofs out.

`cells` what a cell is · `run` execute a chapter · `strip` solved to exercises · `restore` and `judge` nbval that
believes no locked cell · `report` the judge's table · `mistakes`, `variants` and `prove` the proof of every check ·
`lint` what a chapter must be · `release` the folders for a class. Commands: ``python -m minigrad_course``.
"""
