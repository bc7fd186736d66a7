# Built from book/chapters by `make chapters`: edit the chapters.
"""What the chapters of Transformers Unmasked build, one module each.

    unmasked.recurrence: chapter 1
    unmasked.seq2seq: chapter 2
    unmasked.attention: chapter 3
    unmasked.multihead: chapter 4
    unmasked.masking: chapter 5
    unmasked.tokenization: chapter 6
    unmasked.embeddings: chapter 7
    unmasked.positions: chapter 8
    unmasked.blocks: chapter 9
    unmasked.transformer: chapter 10
    unmasked.training: chapter 11
    unmasked.decoding: chapter 12
    unmasked.bert: chapter 13
    unmasked.gpt: chapter 14
    unmasked.finetuning: chapter 15
    unmasked.checkpoints: chapter 16
    unmasked.scaling: chapter 17
    unmasked.modern: chapter 18
"""
