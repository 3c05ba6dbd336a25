"""The machinery of the course: solved chapters in; exercises, a judge and proofs out.

=========================================== =================================================
`cells`                                     what a cell is
`run`, `lint`                               execute a chapter; what a chapter must be
`strip`                                     from solved to exercises
`restore`, `judge`, `report`                nbval that believes no locked cell, and its table
`mistakes`, `variants`, `prove`             the proof that every check judges what it should
`release`                                   the folders for a class
=========================================== =================================================

Commands: ``python -m minigrad_course --help``.
"""
