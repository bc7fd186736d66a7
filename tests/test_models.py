"""Pretrained weights: found, checked, and missed politely."""

import pytest

from classroom import models


@pytest.fixture(autouse=True)
def forget():
    models.pretrained.cache_clear()


@pytest.mark.parametrize("name", models.KNOWN)
def test_the_file_is_the_one_that_was_written_down(name):
    path = models.pretrained(name)
    if path is None:
        pytest.skip("`make models` was not run")
    assert path.is_file()


def test_a_package_that_is_missing_is_named(monkeypatch, capsys):
    missing = ("no-such-weights", "no/file", "0" * 64)
    monkeypatch.setitem(models.KNOWN, "minilm", missing)
    assert models.pretrained("minilm") is None
    said = capsys.readouterr().out
    assert "no-such-weights is not installed" in said and "make models" in said


def test_another_file_is_refused(monkeypatch):
    wrong = ("torch", "torch/__init__.py", "0" * 64)
    monkeypatch.setitem(models.KNOWN, "minilm", wrong)
    with pytest.raises(ValueError, match="expected is 0000"):
        models.pretrained("minilm")


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="minilm, smollm2"):
        models.pretrained("gpt-5")
