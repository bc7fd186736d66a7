"""Fine-tuning: rows of tokens, the position that is read, losses, written answers."""

import math
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from classroom.twins import gpt1_weights
from unmasked.finetuning import (
    GPTForTasks,
    SpecialTokens,
    add_tokens,
    align,
    classification_input,
    cut,
    entailment_input,
    exact_match,
    fine_tuning_loss,
    generation_input,
    generation_loss,
    mean_log_prob,
    multiple_choice_inputs,
    pad_batch,
    similarity_inputs,
    token_f1,
    write_answer,
)
from unmasked.gpt import GPT, GPTConfig, next_token_loss
from unmasked.training import fit

V, T = 37, 24
SPECIAL = SpecialTokens.after(V)
S, D, E = SPECIAL.start, SPECIAL.delimiter, SPECIAL.extract


def wide(seed=0, tied=True, **more) -> GPT:
    """A small language model whose weights are large, so that nothing hides."""
    torch.manual_seed(seed)
    gpt = GPT(GPTConfig(V, T, 32, 4, 2, tie_embeddings=tied, **more)).eval()
    for weight in gpt.parameters():
        weight.data += 0.2 * torch.randn(weight.shape)
    return gpt


def model_of(n_outputs=3, form="one", seed=0) -> GPTForTasks:
    model = GPTForTasks(wide(seed), n_outputs, form).eval()
    for weight in (model.head.weight, model.head.bias, model.gpt.tokens.weight):
        weight.data += 0.2 * torch.randn(weight.shape)
    return model


def rows_of(*lengths) -> list[list[int]]:
    return [
        classification_input([(7 * n + k) % V for k in range(n)], SPECIAL, T)
        for n in lengths
    ]


# ---- rows of tokens


def test_rows_are_what_the_paper_draws():
    a, b, c = [1, 2, 3], [4, 5], [6]
    assert classification_input(a, SPECIAL, T) == [S, 1, 2, 3, E]
    assert entailment_input(a, b, SPECIAL, T) == [S, 1, 2, 3, D, 4, 5, E]
    assert similarity_inputs(a, b, SPECIAL, T) == [
        [S, 1, 2, 3, D, 4, 5, E],
        [S, 4, 5, D, 1, 2, 3, E],
    ]
    assert multiple_choice_inputs(a, b, [c, [7, 8]], SPECIAL, T) == [
        [S, 1, 2, 3, 4, 5, D, 6, E],
        [S, 1, 2, 3, 4, 5, D, 7, 8, E],
    ]
    assert multiple_choice_inputs(a, None, [c], SPECIAL, T) == [[S, 1, 2, 3, D, 6, E]]
    assert generation_input(a, b, c, SPECIAL, T) == [S, 1, 2, 3, 4, 5, D, 6, E]


@pytest.mark.parametrize("max_len", [5, 8, 13, 30])
def test_no_row_is_too_long_and_none_loses_its_special_tokens(max_len):
    long, short = list(range(20)), [30, 31]
    rows = [
        classification_input(long, SPECIAL, max_len),
        entailment_input(long, short, SPECIAL, max_len),
        *similarity_inputs(long, short, SPECIAL, max_len),
    ]
    for row in rows:
        assert len(row) <= max_len and row[0] == S and row[-1] == E
    assert all(row.count(D) == 1 for row in rows[1:])


@pytest.mark.parametrize(
    ("lengths", "room", "kept"),
    [
        ([3, 4], 9, [3, 4]),
        ([10, 2], 6, [4, 2]),
        ([2, 10], 6, [2, 4]),
        ([9, 9], 6, [3, 3]),
        ([8, 1, 5], 9, [4, 1, 4]),
        ([4, 0], 3, [3, 0]),
    ],
)
def test_the_longest_part_gives_way(lengths, room, kept):
    assert cut(lengths, room) == kept


def test_no_room_is_refused_with_the_numbers():
    with pytest.raises(ValueError, match="2 parts do not fit into 1"):
        entailment_input([1, 2], [3], SPECIAL, 4)


def test_all_candidates_see_the_same_context():
    rows = multiple_choice_inputs(
        list(range(20)), [30, 31], [[1], [2, 3, 4, 5]], SPECIAL, 16
    )
    assert max(map(len, rows)) == 16
    before = [row[: row.index(D)] for row in rows]
    assert before[0] == before[1] and before[0][-2:] == [30, 31]
    assert [row[row.index(D) + 1 :] for row in rows] == [[1, E], [2, 3, 4, 5, E]]


# ---- padding, and the position that is read


def test_padding_on_both_sides():
    ids, real = pad_batch([[1, 2], [3, 4, 5]], 9)
    assert ids.tolist() == [[1, 2, 9], [3, 4, 5]]
    assert real.tolist() == [[True, True, False], [True] * 3]
    ids, real = pad_batch([[1, 2], [3, 4, 5]], 9, "left")
    assert ids.tolist() == [[9, 1, 2], [3, 4, 5]]
    assert real.sum().item() == 5 and not real[0, 0]


@pytest.mark.parametrize("sequences", [[], [[1], []]])
def test_nothing_to_pad_is_refused(sequences):
    with pytest.raises(ValueError, match="none of them empty"):
        pad_batch(sequences, 0)
    with pytest.raises(ValueError, match="'middle'"):
        pad_batch([[1]], 0, "middle")


@pytest.mark.parametrize("pad_id", [0, 5, V - 1])
def test_rows_are_turned_to_their_start(pad_id):
    rows = rows_of(3, 6, 1)
    for side in ("right", "left"):
        ids, lengths = align(pad_batch(rows, pad_id, side)[0], SPECIAL)
        assert lengths.tolist() == [5, 8, 3] and ids.shape == (3, 8)
        for row, turned, n in zip(rows, ids.tolist(), lengths, strict=True):
            assert turned[:n] == row


@pytest.mark.parametrize(
    "bad", [[S, 1, 2, 3], [1, 2, 3, E], [E, 1, 2, S], [S, E, 1, E]]
)
def test_a_row_without_its_tokens_is_named(bad):
    with pytest.raises(ValueError, match="row 1 is not start"):
        align(torch.tensor([[S, 1, 2, E], bad]), SPECIAL)


@pytest.mark.parametrize("side", ["right", "left"])
def test_features_do_not_depend_on_padding_or_neighbours(side):
    model, rows = model_of(), rows_of(2, 9, 15, 4)
    with torch.no_grad():
        alone = torch.cat([model(torch.tensor([row])) for row in rows])
        assert_close(model(pad_batch(rows, 3, side)[0]), alone, rtol=0, atol=1e-5)
        last = model.gpt.hidden(pad_batch(rows, 3, side)[0])[:, -1]
    wrong = model.head(last)[torch.tensor([0, 1, 3])]  # the longest has no pads
    assert (wrong - alone[[0, 1, 3]]).abs().amax(dim=1).min() > 0.05


def test_the_answer_reads_the_whole_text():
    model, row = model_of(), rows_of(6)[0]
    with torch.no_grad():
        before = model(torch.tensor([row]))
        for place in range(1, 7):
            other = row.copy()
            other[place] = (other[place] + 11) % V
            assert (model(torch.tensor([other])) - before).abs().max() > 1e-3


@pytest.mark.parametrize("side", ["right", "left"])
def test_equal_to_transformers_classifier_and_double_heads(side):
    from transformers import (
        OpenAIGPTConfig,
        OpenAIGPTDoubleHeadsModel,
        OpenAIGPTForSequenceClassification,
    )

    sizes = {"vocab_size": V + 3, "n_positions": T, "n_embd": 32, "n_layer": 2}
    sizes |= {"n_head": 4}
    torch.manual_seed(0)
    config = OpenAIGPTConfig(**sizes, num_labels=3, pad_token_id=0)
    single = OpenAIGPTForSequenceClassification(config).eval()
    double = OpenAIGPTDoubleHeadsModel(OpenAIGPTConfig(**sizes)).eval()
    for weight in (*single.parameters(), *double.parameters()):
        weight.data += 0.2 * torch.randn(weight.shape)

    def same(ours, theirs, head):
        ours.gpt.load_state_dict(gpt1_weights(theirs.transformer))
        ours.head.weight.data = head.weight.data
        ours.head.bias.data = torch.zeros(3) if head.bias is None else head.bias.data
        return ours

    ours = same(model_of(), single, single.score)
    rows = [classification_input(range(1, n), SPECIAL, T) for n in (4, 18, 9)]
    right = pad_batch(rows, 0)[0]
    with torch.no_grad():
        given = ours(pad_batch(rows, 0, side)[0])
        assert_close(given, single(right).logits, rtol=0, atol=1e-5)
    summary = double.multiple_choice_head.summary
    ours = same(model_of(1, "choices"), double, summary)
    rows = multiple_choice_inputs([1, 2, 3], [4], [[5], [6, 7], [8]], SPECIAL, T)
    rows += multiple_choice_inputs([9] * 9, None, [[1], [2, 3, 4], [5]], SPECIAL, T)
    ids, real = pad_batch(rows, 0)
    shape, labels = (2, 3, ids.shape[1]), torch.tensor([2, 0])
    places, texts = real.sum(1).view(2, 3) - 1, ids.masked_fill(~real, -100)
    with torch.no_grad():
        theirs = double(
            ids.view(shape),
            mc_token_ids=places,
            labels=texts.view(shape),
            mc_labels=labels,
        )
        padded = pad_batch(rows, 0, side)[0].view(shape)
        assert_close(ours(padded), theirs.mc_logits, rtol=0, atol=1e-5)
        L2, n = fine_tuning_loss(ours, (padded, labels), lm_weight=0.0)
        assert_close(L2 / n, theirs.mc_loss, rtol=0, atol=1e-5)


# ---- the model


@pytest.mark.parametrize("tied", [True, False])
def test_three_rows_are_added_and_the_model_stays(tied):
    gpt = wide(tied=tied)
    before = {name: weight.clone() for name, weight in gpt.state_dict().items()}
    grown = add_tokens(gpt)
    assert grown.config.vocab_size == V + 3 and gpt.config.vocab_size == V
    assert all(torch.equal(before[n], w) for n, w in gpt.state_dict().items())
    ids = torch.randint(V, (2, 7))
    assert_close(grown(ids)[..., :V], gpt(ids))
    assert grown(torch.tensor([[S, D, E]])).shape == (1, 3, V + 3)
    assert 0.005 < grown.tokens.weight[V:].std() < 0.04


def test_similarity_does_not_know_which_text_is_first():
    model = model_of(2, "orders")
    a, b = [1, 2, 3, 4], [9, 8]
    ab, ba = (
        torch.tensor(similarity_inputs(*pair, SPECIAL, T))[None]
        for pair in ((a, b), (b, a))
    )
    assert_close(model(ab), model(ba))
    first, second = model.features(ab)[0]
    assert (first - second).abs().max() > 0.01  # each order alone is another answer
    expected = F.linear(first + second, model.head.weight, model.head.bias)
    assert_close(model(ab)[0], expected)


def test_choices_compete_with_each_other_and_with_nobody_else():
    model = model_of(1, "choices")
    rows = [
        multiple_choice_inputs([n, 2], None, [[3], [4, 5], [6]], SPECIAL, T)
        for n in (7, 8)
    ]
    ids = pad_batch([r for four in rows for r in four], 0)[0].view(2, 3, -1)
    scores = model(ids)
    assert scores.shape == (2, 3)
    assert_close(scores[:1], model(ids[:1]))
    swapped = ids[:, [2, 0, 1]]
    assert_close(model(swapped), scores[:, [2, 0, 1]])


@pytest.mark.parametrize(
    ("n", "form", "says"),
    [(2, "choices", "2 outputs"), (1, "two", "'two'"), (0, "one", "0")],
)
def test_forms_that_do_not_fit_are_refused(n, form, says):
    with pytest.raises(ValueError, match=says):
        GPTForTasks(wide(), n, form)


# ---- the losses


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("lm_weight", [0.0, 0.5, 2.0])
def test_the_loss_is_label_and_text(side, lm_weight):
    model, rows = model_of(), rows_of(2, 9, 15, 4)
    ids, labels = pad_batch(rows, 0, side)[0], torch.tensor([0, 2, 1, 1])
    with torch.no_grad():
        loss, n = fine_tuning_loss(model, (ids, labels), lm_weight)
        expected = F.cross_entropy(model(ids), labels, reduction="sum")
        for row in rows:
            single = torch.tensor([row])
            total, tokens = next_token_loss(model.gpt(single), single)
            expected += lm_weight * total / tokens
    assert n == 4
    assert_close(loss, expected, rtol=1e-4, atol=1e-4)


def test_both_orders_count_half_in_the_text_loss():
    model = model_of(2, "orders")
    rows = similarity_inputs([1, 2, 3], [4, 5, 6, 7], SPECIAL, T)
    batch = torch.tensor(rows)[None], torch.tensor([1])
    with torch.no_grad():
        gain = (
            fine_tuning_loss(model, batch, 1.0)[0]
            - fine_tuning_loss(model, batch, 0.0)[0]
        )
        each = [next_token_loss(model.gpt(row[None]), row[None]) for row in batch[0][0]]
    assert_close(gain, sum(a / n for a, n in each) / 2, rtol=1e-4, atol=1e-4)


def test_new_rows_are_trained_and_pads_are_not():
    model = model_of()
    ids = pad_batch(rows_of(3, 8), V - 1)[0]
    loss, _ = fine_tuning_loss(model, (ids, torch.tensor([0, 1])), lm_weight=0.0)
    loss.backward()
    gradient = model.gpt.tokens.weight.grad
    assert gradient is not None
    assert gradient[S].abs().max() > 0 and gradient[E].abs().max() > 0
    assert gradient[V - 1].abs().max() == 0  # the pad of the short row
    assert gradient[D].abs().max() == 0  # no delimiter in these rows


@pytest.mark.parametrize("side", ["right", "left"])
def test_the_answer_and_its_end_are_graded_and_nothing_else(side):
    gpt = add_tokens(wide())
    parts = [([1, 2, 3], [4], [5, 6]), ([7] * 8, None, [8]), ([9], [3, 2], [1, 1, 1])]
    rows = [generation_input(*three, SPECIAL, T) for three in parts]
    ids = pad_batch(rows, 0, side)[0]
    with torch.no_grad():
        loss, n = generation_loss(gpt, ids, SPECIAL)
        places = [row.index(D) + 1 for row in rows]
        right = -sum(
            mean_log_prob(gpt, row[:p], row[p:])
            for row, p in zip(rows, places, strict=True)
        )
        both, _ = generation_loss(gpt, ids, SPECIAL, lm_weight=0.5)
        texts = -sum(
            mean_log_prob(gpt, row[:1], row[1:p])
            for row, p in zip(rows, places, strict=True)
        )
    assert n == 3
    assert loss.item() == pytest.approx(right, abs=1e-3)
    assert (both - loss).item() == pytest.approx(0.5 * texts, abs=1e-3)


@pytest.mark.slow
def test_a_task_is_learnt_from_labels():
    """Does the text hold a 3? Solvable by attention alone, and learnt by all of it."""
    torch.manual_seed(0)
    model = GPTForTasks(GPT(GPTConfig(V, T, 32, 4, 2, norm="pre")), 2)

    def draw(g, size=32):
        texts = torch.randint(4, 14, (size, 8), generator=g)
        labels = torch.randint(2, (size,), generator=g)
        places = torch.randint(8, (size,), generator=g)
        texts[torch.arange(size), places] = torch.where(labels == 1, 3, 4)
        rows = [classification_input(text, SPECIAL, T) for text in texts.tolist()]
        return pad_batch(rows, 0)[0], labels

    loss = partial(fine_tuning_loss, lm_weight=0.1)
    fit(model, draw, loss, steps=120, lr=3e-3)
    ids, labels = draw(torch.Generator().manual_seed(99), 200)
    with torch.no_grad():
        assert (model.eval()(ids).argmax(1) == labels).float().mean() > 0.95


# ---- answers


def test_mean_log_prob_is_by_hand():
    gpt = wide()
    context, answer = [1, 2, 3], [4, 5]
    with torch.no_grad():
        given = gpt(torch.tensor([[*context, *answer]]))[0].log_softmax(-1)
    expected = (given[2, 4] + given[3, 5]) / 2
    assert mean_log_prob(gpt, context, answer) == pytest.approx(
        expected.item(), abs=1e-5
    )
    for empty in (([], [1]), ([1], [])):
        with pytest.raises(ValueError, match="one token at least"):
            mean_log_prob(gpt, *empty)


def test_an_answer_ends_with_extract_or_with_the_room():
    gpt = add_tokens(wide(tied=False))
    assert gpt.head is not None
    gpt.head.weight.data[E] = 0
    gpt.head.weight.data[V:] = -gpt.head.weight.data[V:].abs()
    free = write_answer(gpt, [1, 2], None, SPECIAL, T, 6)
    assert len(free) <= 6 and E not in free
    loud = gpt.hidden(torch.tensor([[S, 1, 2, D]]))[0, -1].detach()
    gpt.head.weight.data[E] = 10 * loud  # the likeliest after this prompt
    assert write_answer(gpt, [1, 2], None, SPECIAL, T, 6) == []
    with pytest.raises(ValueError, match="do not fit"):
        write_answer(gpt, [1, 2], [3], SPECIAL, 6, 5)


def test_a_long_text_leaves_room_for_its_answer():
    gpt = add_tokens(wide())
    assert len(write_answer(gpt, [1] * 40, [2], SPECIAL, T, 10)) <= 10


@pytest.mark.parametrize(
    ("said", "right", "f1", "same"),
    [
        ("a list of rows", "A list of rows.", 1.0, True),
        ("rows of a list", "a list of rows", 1.0, False),
        ("a list", "a list of rows", 2 * 2 / 6, False),
        ("the the the", "the rows", 2 * 1 / 5, False),
        ("columns", "a list of rows", 0.0, False),
        ("", "a", 0.0, False),
        ("", "…", 1.0, True),
    ],
)
def test_scores_of_texts(said, right, f1, same):
    assert math.isclose(token_f1(said, right), f1)
    assert math.isclose(token_f1(right, said), f1)
    assert exact_match(said, right) is same
