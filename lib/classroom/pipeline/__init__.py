"""From chapter text to notebook to package: `python -m classroom.pipeline`.

`text` reads a chapter into an unexecuted notebook and says what is wrong with it;
`package` gathers the exported cells into modules; `execute` runs a notebook and takes
away what differs from run to run; `__main__` does all of it for what has changed.
"""
