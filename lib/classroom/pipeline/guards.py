"""Traps in which nbval passes a notebook that it never tested (`pytest -p` this).

Each was met: a cell that was never executed is compared with nothing; a stored error
or a skipped cell is not looked at; `raises-exception` accepts a cell that raises
nothing; a notebook without cells has nothing to fail; a dead kernel is waited for
until the timeout; and a trailing semicolon is forgotten, so that outputs differ. One
made good notebooks fail: a home folder in which Matplotlib cannot write.
"""

import time
from queue import Empty

import pytest
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

from .execute import settle_matplotlib

settle_matplotlib()
_await_reply = RunningKernel.await_reply


def _execute(self, cell_input, allow_stdin=None):
    # nbval sends store_history=False, for which IPython drops the rule of `x;`
    return self.kc.execute(
        cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
    )


def _await_reply_of_a_living_kernel(self, msg_id, timeout=None):
    end = time.monotonic() + (timeout or float("inf"))
    while True:
        try:
            return _await_reply(self, msg_id, timeout=1)
        except Empty:
            if not self.is_alive():
                raise RuntimeError("the kernel died while running this cell") from None
            if time.monotonic() > end:
                raise


RunningKernel.execute_cell_input = _execute
RunningKernel.await_reply = _await_reply_of_a_living_kernel


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if isinstance(collector, IPyNbFile) and report.passed and not report.result:
        report.outcome = "failed"
        report.longrepr = f"{collector.name} has no code cell: nothing is tested"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if not isinstance(item, IPyNbCell):
        return (yield)
    raises = item.options["check_exception"]
    errors = [o for o in item.cell.outputs if o.output_type == "error"]
    if item.options["skip"]:
        item.raise_cell_error("a chapter's cell may not be skipped")
    if item.cell.execution_count is None:
        item.raise_cell_error("never executed: there is nothing to compare with")
    if errors and not raises:
        item.raise_cell_error(f"the notebook stores an error: {errors[0].ename}")
    result = yield
    if raises and not any(o.output_type == "error" for o in item.test_outputs or ()):
        item.raise_cell_error("tagged raises-exception, and raised nothing")
    return result
