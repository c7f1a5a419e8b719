"""Exercises of notebook 05, the transformer block. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

from functools import partial

import torch

from exercises.judge import exercise, generator, randn


def make_norm(rng, D):
    """A LayerNorm with a scale and shift of its own."""
    scale, shift = randn(rng, D), randn(rng, D)

    def norm(x):
        x = x - x.mean(-1, keepdim=True)
        return scale * x / x.std(-1, keepdim=True, unbiased=False) + shift
    return norm


def block_inputs(rng, case):
    T, D = rng.randint(3, 6), rng.choice([5, 6, 8])
    mix, W_att, W_ff = randn(rng, T, T), randn(rng, D, D), randn(rng, D, D)
    return (3 * randn(rng, T, D), lambda h: (mix @ h @ W_att).tanh(),
            lambda h: 2 * (h @ W_ff).relu(), make_norm(rng, D), make_norm(rng, D))


@exercise("5.1", block_inputs)
def block_forward(x, attention, feed_forward, norm1, norm2):
    x = x + attention(norm1(x))
    return x + feed_forward(norm2(x))


@block_forward.mistake("that is post-norm, as in the first transformer: normalise what "
                       "a sub-layer reads, not the sum")
def _(x, attention, feed_forward, norm1, norm2):
    x = norm1(x + attention(x))
    return norm2(x + feed_forward(x))


@block_forward.mistake("you normalise what a sub-layer writes; normalise what it reads")
def _(x, attention, feed_forward, norm1, norm2):
    x = x + norm1(attention(x))
    return x + norm2(feed_forward(x))


@block_forward.mistake("both norms are missing")
def _(x, attention, feed_forward, norm1, norm2):
    x = x + attention(x)
    return x + feed_forward(x)


@block_forward.mistake("both residual connections are missing: add to the stream, do "
                       "not replace it")
def _(x, attention, feed_forward, norm1, norm2):
    return feed_forward(norm2(attention(norm1(x))))


@block_forward.mistake("the first residual connection is missing: add x to what "
                       "attention gives")
def _(x, attention, feed_forward, norm1, norm2):
    x = attention(norm1(x))
    return x + feed_forward(norm2(x))


@block_forward.mistake("the second residual connection is missing: add to what "
                       "feed-forward gives")
def _(x, attention, feed_forward, norm1, norm2):
    return feed_forward(norm2(x + attention(norm1(x))))


@block_forward.mistake("your second residual connection starts at the block's input, "
                       "so what attention wrote is lost")
def _(x, attention, feed_forward, norm1, norm2):
    return x + feed_forward(norm2(x + attention(norm1(x))))


@block_forward.mistake("your residual connections carry the normalised x: the stream "
                       "itself must pass unchanged")
def _(x, attention, feed_forward, norm1, norm2):
    x = norm1(x)
    x = norm2(x + attention(x))
    return x + feed_forward(x)


@block_forward.mistake("you used norm1 twice: feed-forward has a norm of its own")
def _(x, attention, feed_forward, norm1, norm2):
    return block_forward(x, attention, feed_forward, norm1, norm1)


@block_forward.mistake("you ran the two side by side, as GPT-J does: feed-forward must "
                       "read the stream after attention has written to it")
def _(x, attention, feed_forward, norm1, norm2):
    return x + attention(norm1(x)) + feed_forward(norm2(x))


@block_forward.mistake("feed-forward came first: attention goes before it")
def _(x, attention, feed_forward, norm1, norm2):
    return block_forward(x, feed_forward, attention, norm2, norm1)


def layers_inputs(rng, case):
    """x and three to five layers; also none, and one."""
    T, D = rng.randint(2, 5), rng.choice([4, 6])
    n = case if case < 2 else rng.randint(3, 5)
    return randn(rng, T, D), [partial(layer, randn(rng, D, D)) for _ in range(n)]


def layer(W, h):
    """(T, D) -> (T, D): what every layer here does, with a matrix of its own."""
    return (h @ W).tanh()


@exercise("5.2", layers_inputs)
def contributions(x, layers):
    added = [x]
    for layer in layers:
        added.append(layer(sum(added)))
    return added


@contributions.mistake("those are the streams after each layer; give what each layer "
                       "added")
def _(x, layers):
    return list(torch.stack(contributions(x, layers)).cumsum(0))


@contributions.mistake("every layer of yours read the original x: a layer reads the "
                       "stream as it is by then")
def _(x, layers):
    return [x, *(layer(x) for layer in layers)]


@contributions.mistake("each layer of yours read only what the one before it added: it "
                       "reads the whole stream")
def _(x, layers):
    added = [x]
    for layer in layers:
        added.append(layer(added[-1]))
    return added


@contributions.mistake("x itself is missing: it is the first entry")
def _(x, layers):
    return contributions(x, layers)[1:]


@contributions.mistake("the output is no contribution: end with what the last layer "
                       "added")
def _(x, layers):
    added = contributions(x, layers)
    return [*added, sum(added)]


@contributions.mistake("you added in place with +=, and x is the same tensor: your "
                       "first entry has become the output")
def _(x, layers):
    added = contributions(x, layers)
    return [sum(added), *added[1:]]


def dropped_inputs(rng, case):
    """x, update, keep, p; also a rate of 0, and everything dropped."""
    shape, p = (rng.randint(4, 6), 8), 0.0 if case == 0 else rng.choice([0.2, 0.3, 0.4])
    keep = (torch.rand(shape, generator=generator(rng)) >= p).float()
    return randn(rng, *shape), randn(rng, *shape), keep * (case != 1), p


@exercise("5.3", dropped_inputs)
def drop_then_add(x, update, keep, p):
    return x + update * keep / (1 - p)


@drop_then_add.mistake("you dropped the whole sum, stream and all: drop the update "
                       "only")
def _(x, update, keep, p):
    return (x + update) * keep / (1 - p)


@drop_then_add.mistake("you dropped the stream and kept the update: it is the other "
                       "way round")
def _(x, update, keep, p):
    return x * keep / (1 - p) + update


@drop_then_add.mistake("you scaled the stream as well: only the update was dropped")
def _(x, update, keep, p):
    return (x + update * keep) / (1 - p)


@drop_then_add.mistake("you did not scale: what is kept must make up for what is "
                       "dropped")
def _(x, update, keep, p):
    return x + update * keep


@drop_then_add.mistake("you multiplied by 1 − p; divide by it")
def _(x, update, keep, p):
    return x + update * keep * (1 - p)


@drop_then_add.mistake("you divided by p, the share that is dropped; divide by the "
                       "share that is kept")
def _(x, update, keep, p):
    return x + update * keep / p


@drop_then_add.mistake("you dropped where `keep` is 1: a 1 means that the entry stays")
def _(x, update, keep, p):
    return x + update * (1 - keep) / (1 - p)


@drop_then_add.mistake("the stream is missing: you returned the dropped update alone")
def _(x, update, keep, p):
    return update * keep / (1 - p)


def depth_inputs(rng, case):
    """Layers and a standard deviation; also no layer, one, and silent writers."""
    layers = case if case < 2 else rng.randint(3, 40)
    return layers, 0.0 if case == 2 else rng.uniform(0.2, 0.7)


@exercise("5.4", depth_inputs)
def expected_std(layers, writer_std):
    return (1 + 2 * layers * writer_std**2) ** 0.5


@expected_std.mistake("you added standard deviations; for independent numbers it is "
                      "the variances that add")
def _(layers, writer_std):
    return 1 + 2 * layers * writer_std


@expected_std.mistake("you let all writers write the same: independent ones partly "
                      "cancel, so add one variance for each")
def _(layers, writer_std):
    return (1 + (2 * layers * writer_std) ** 2) ** 0.5


@expected_std.mistake("you counted one writer a layer; attention and feed-forward both "
                      "write")
def _(layers, writer_std):
    return (1 + layers * writer_std**2) ** 0.5


@expected_std.mistake("you forgot what the stream starts with, a standard deviation of "
                      "1")
def _(layers, writer_std):
    return (2 * layers) ** 0.5 * writer_std


@expected_std.mistake("that is the variance: take its root")
def _(layers, writer_std):
    return 1 + 2 * layers * writer_std**2


@expected_std.mistake("you multiplied from writer to writer; they add to the stream")
def _(layers, writer_std):
    return (1 + writer_std**2) ** layers
