"""The environment of every test: one thread, no progress file of the reader's."""

from classroom.pipeline.execute import set_environment

set_environment()
