"""Mutate the bank's solutions at random; no mutant that matters may pass its check."""
