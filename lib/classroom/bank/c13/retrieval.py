"""Asked at the start of chapter 13, on chapters 5, 11 and 12."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c13-what-a-mask-keeps",
        prompt="A batch is padded on the right, and attention uses a padding mask but "
        "no causal mask. What may the second of five real tokens look at?",
        options=(
            "itself and the first token",
            "all five real tokens, and nothing else",
            "everything in its row, padding included",
        ),
        answer=1,
        explanations=(
            "That would be a causal mask. Which of the two masks depends on where the "
            "query stands?",
            "A padding mask closes the columns of padding for every query, and leaves "
            "the real ones open on both sides.",
            "Which columns does a padding mask close, and for whom?",
        ),
        chapter=5,
    ),
    Retrieval(
        id="c13-sum-and-count",
        prompt="Losses are returned as a sum and a number of tokens, and only divided "
        "at the end. What for?",
        options=(
            "so that each token counts alike, however the batches are cut",
            "so that a batch with few tokens counts as much as one with many",
            "a sum has larger gradients than a mean",
        ),
        answer=0,
        explanations=(
            "Sums and counts can be added up; one long text gives the same mean as its "
            "pieces.",
            "That is what a mean of means would do. Whose vote grows there?",
            "It has, by a factor; the learning rate would take that back. What cannot "
            "be taken back once every batch has been averaged?",
        ),
        chapter=11,
    ),
    Retrieval(
        id="c13-who-may-keep-keys",
        prompt="A decoder keeps the keys and values of the tokens it has read. Could "
        "an encoder without a causal mask do so too when a token is added?",
        options=(
            "yes: keys and values depend on their own token only",
            "yes, if the positions are counted on",
            "no: from the second layer on, the new token changes all of them",
        ),
        answer=2,
        explanations=(
            "In the first layer they do. What has gone into the input of the second?",
            "The positions are not the trouble. What has the first token looked at, in "
            "layer 1, once the new token stands there?",
            "Each old token may look at the new one, so its state changes, and with it "
            "the key and value of the next layer.",
        ),
        chapter=12,
    ),
)
