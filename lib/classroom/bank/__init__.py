"""The exercises: a folder for each chapter, a file for each exercise."""

# as they stand in the chapters, one paragraph each; a test compares
ORDER = """
waiting-costs why-gradients-vanish recall-lag rnn-step lstm-step last-real-output
truncated-bptt batch-or-time

one-vector teacher-forcing-gap additive-scores attend luong-scores shift-right
decoder-step break-alignment

convex-combination why-the-root who-asks attention-parsons attention-faded
attention-numpy attention-breaks

split-heads merge-heads multihead more-heads-more-parameters heads-parsons break-heads

late-mask mask-at-inference embeddings-untouched padding-mask causal-mask
masked-scores combine-masks mask-review leak-hunt

one-emoji compression bpe-merge bpe-train-step bpe-encode decode-bytes split-specials
tokenizer-parsons round-trip-breaks

one-hot which-way new-names tied-first-loss negative-sampling-loss noise-distribution
analogy token-embedding embedding-breaks

order-blind causal-order further-than-trained sinusoidal-encoding offset-rotation
add-positions break-positions

who-mixes pre-or-post four-starts layer-norm feed-forward block-parsons encoder-block
stack break-blocks

target-padding sources-of-attention first-layer-memory decoder-layer shift-targets
forward-parsons parameter-count break-wiring

one-vote smoothing-and-perplexity teacher-forcing smoothed-loss accumulated-step
clip-gradients warm-up validation-perplexity expose-padding

temperature-ranking cost-of-a-text wider-beam greedy-parsons next-distribution top-p
rank-hypotheses beam-step cached-step break-top-p

eighty-ten-ten why-no-generation cls-untuned mask-tokens mlm-loss bert-embeddings
mean-pool best-span nsp-pairs mlm-parsons break-mlm

all-positions perplexity-two-tokenizers cache-or-not lm-loss bits-per-byte gpt-stack
gpt-generate pretrain-parsons break-gpt

new-embeddings lambda-effect layers-transferred task-sequences pad-and-extract
combined-loss similarity-two-orders choice-softmax zero-shot-choice answer-labels
token-f1 fine-tune-parsons break-extract

gelu-two-names square-transposed published-name turn-weights stack-thirds
compare-names loading-parsons break-names

where-time-goes bf16-memory average-gradients halve-the-rest training-days
bytes-per-device power-law-exponent break-shares

rms-shift rope-both-moved gqa-saves beyond-training rms-norm rotary-pairs rotary-cache
swiglu grouped-attention cache-bytes chat-template break-rope
"""
