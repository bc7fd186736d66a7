"""Mutate the bank's solutions at random; no mutant that matters may pass its check.

Why not a library: mutmut and cosmic-ray change files and run a test command. Here a
function's text is changed and its check is called, in one process for all; and axes,
calls left out and arguments changed in place need operators of their own.
"""
