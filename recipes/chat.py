"""Chat with SmolLM2-135M-Instruct in the code of chapter 18.

    make models
    python recipes/chat.py

An empty line ends it. `--mine` puts your own functions to work in it: those whose
exercises you have passed. Another model of the same kind: --file model.gguf.
"""

import argparse
from pathlib import Path

import torch

from classroom import use_mine
from classroom.models import pretrained
from unmasked.modern import answer, load_smollm2


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--file", type=Path, help="default: what `make models` put")
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--top-p", type=float, default=0.9)
    parser.add_argument("--max-new-tokens", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mine", action="store_true", help="with what you wrote")
    options = parser.parse_args()
    path = options.file or pretrained("smollm2")
    if path is None:
        raise SystemExit(1)
    if options.mine:
        yours = [line for line in use_mine().splitlines() if "**yours**" in line]
        print("\n".join(yours) or "None of your answers has passed yet.", end="\n\n")
    model, tokenizer = load_smollm2(path)
    how = {"temperature": options.temperature, "top_p": options.top_p}
    generator = torch.Generator().manual_seed(options.seed)
    turns: list[tuple[str, str]] = []
    while said := input("> ").strip():
        turns.append(("user", said))
        heard = answer(
            model,
            tokenizer,
            turns,
            options.max_new_tokens,
            generator=generator,
            **how,
        )
        turns.append(("assistant", heard))
        print(heard, end="\n\n")


if __name__ == "__main__":
    try:
        main()
    except (EOFError, KeyboardInterrupt):
        print()
