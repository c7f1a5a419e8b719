"""Exercises of notebook 01, tokenization. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

from collections import Counter
from itertools import pairwise

from exercises.judge import exercise

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def cut_anywhere(rng, data):
    """The bytes in pieces of one to three."""
    pieces = []
    while data:
        size = rng.randint(1, 3)
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def stream_inputs(rng, case):
    """Characters of one to four bytes, cut anywhere; nothing at all; single bytes; one
    piece. A � that stands in the text is a character like others."""
    cat = rng.choice("🐈🐕🦉🐢🐝").encode()
    before, after = (rng.choice(LETTERS).encode() for _ in range(2))
    start, end = rng.choice([(1, 2), (1, 3), (2, 3)])
    parts = [[before + cat[:start], cat[start:end], cat[end:] + after]]
    for _ in range(2):
        text = rng.choices("éß¿߷अ猫が🐈" + LETTERS[:5], k=rng.randint(4, 8))
        text.insert(rng.randrange(len(text)), "\ufffd")
        parts.append(cut_anywhere(rng, "".join(text).encode()))
    rng.shuffle(parts)
    tokens, data = sum(parts, []), b"".join(sum(parts, []))
    return ({0: [], 1: [bytes([b]) for b in data], 2: [data]}.get(case, tokens),)


@exercise("1.1", stream_inputs)
def stream_text(tokens):
    held, texts = b"", []
    for token in tokens:
        held += token
        texts.append(held.decode(errors="ignore"))
        held = held[len(texts[-1].encode()):]
    return texts


def so_far(tokens, errors):
    """The text after each token, from the beginning."""
    return [b"".join(tokens[:i + 1]).decode(errors=errors) for i in range(len(tokens))]


@stream_text.mistake('errors="replace" shows a � for every half character: hold its '
                     "bytes back until the rest has come")
def _(tokens):
    return [token.decode(errors="replace") for token in tokens]


@stream_text.mistake('errors="ignore" on one token loses the bytes of characters that '
                     "are cut: keep them for the next token")
def _(tokens):
    return [token.decode(errors="ignore") for token in tokens]


@stream_text.mistake("you decoded all bytes so far and printed what is new, but a � "
                     "once shown is never replaced")
def _(tokens):
    texts = ["", *so_far(tokens, "replace")]
    return [new[len(old):] for old, new in pairwise(texts)]


@stream_text.mistake("you held everything back until the end: print what is complete")
def _(tokens):
    return [""] * (len(tokens) - 1) + [b"".join(tokens).decode()]


@stream_text.mistake("you returned the whole text so far each time: return the new "
                     "part")
def _(tokens):
    return so_far(tokens, "ignore")


@stream_text.mistake("you held complete characters back together with a half one: only "
                     "the bytes of the half one must wait")
def _(tokens):
    held, texts = b"", []
    for token in tokens:
        held += token
        try:
            texts.append(held.decode())
            held = b""
        except UnicodeDecodeError:
            texts.append("")
    return texts


@stream_text.mistake("one string for each token, please, also where it is empty")
def _(tokens):
    return [text for text in stream_text(tokens) if text]


@stream_text.mistake("you took each byte for a character: decode as UTF-8")
def _(tokens):
    return [token.decode("latin-1") for token in tokens]


def words_inputs(rng, case):
    """Ties, runs of one letter, words of one letter, pairs at a word's end; any."""
    if case < 4:
        return (tied_words(rng),)
    a, b, c, d, e = rng.sample(LETTERS, 5)
    n = rng.randint(3, 9)
    if case == 4:
        return ({a * 3: n, b + c: 2 * n - 1},)
    if case == 5:
        return ({a: 5 * n, b: n, a + b + c + d: n, e + c + d: n - 1},)
    words = ("".join(rng.choices(a + b + c + d, k=rng.randint(1, 6))) for _ in range(9))
    return ({word: rng.randint(1, 9) for word in (*words, a + b)},)


def tied_words(rng):
    """Three pairs that are equally common, one of them longer than two bytes."""
    letters = rng.sample(LETTERS, 18)
    m = rng.choice([8, 10, 12])

    def take(n):
        return "".join(letters.pop() for _ in range(n))

    middle, tied = take(1), [take(2), take(2), rng.choice("éßñøüçλπжшя") + take(1)]
    words = {pair + middle + pair: m // 2 for pair in tied}
    rare, first, last = take(2), take(1), take(1)
    words |= {rare + letter: 1 for letter in take(4)}
    words |= {first + letter + last: m - 2 for letter in take(2)}
    words[take(2)] = m - 1
    words = list(words.items())
    rng.shuffle(words)
    return dict(words)


def count_pairs(words, weighted=True, cut=lambda word: word.encode(), per=list):
    """Pair -> how often, in the order in which the pairs are met."""
    counts = Counter()
    for word, frequency in words.items():
        units = [bytes([u]) if isinstance(u, int) else u.encode() for u in cut(word)]
        for pair in per(pairwise(units)):
            counts[pair] += frequency if weighted else 1
    return counts


def greatest(counts):
    """The commonest pair; among equals the greatest."""
    return max(counts, key=lambda pair: (counts[pair], pair))


@exercise("1.2", words_inputs)
def next_merge(words):
    return greatest(count_pairs(words))


@next_merge.mistake("in a tie you took the pair that was met first; the rule is the "
                    "greatest in byte order")
def _(words):
    counts = count_pairs(words)
    return max(counts, key=counts.get)


@next_merge.mistake("in a tie you took the smallest pair; the rule is the greatest in "
                    "byte order")
def _(words):
    counts = count_pairs(words)
    return min(counts, key=lambda pair: (-counts[pair], pair))


@next_merge.mistake("you counted each word once: a pair counts as often as its word "
                    "occurs")
def _(words):
    return greatest(count_pairs(words, weighted=False))


@next_merge.mistake("two numbers are no pair of bytes: bytes([b]) makes one of each")
def _(words):
    return tuple(b[0] for b in next_merge(words))


@next_merge.mistake("you joined the two: the pair (left, right) is asked")
def _(words):
    return b"".join(next_merge(words))


@next_merge.mistake("in a run such as aaa you counted every other pair: each pair of "
                    "neighbours counts")
def _(words):
    counts = Counter()
    for word, frequency in words.items():
        before = None
        for pair in pairwise(bytes([b]) for b in word.encode()):
            overlaps = pair == before
            counts[pair] += 0 if overlaps else frequency
            before = None if overlaps else pair
    return greatest(counts)


@next_merge.mistake("you joined the words before counting: no pair may cross from one "
                    "word into the next")
def _(words):
    text = "".join(word * frequency for word, frequency in words.items())
    return greatest(count_pairs({text: 1}))


@next_merge.mistake("a pair that occurs twice in a word counts twice")
def _(words):
    return greatest(count_pairs(words, per=set))


@next_merge.mistake("you paired characters: encode the word and pair its bytes")
def _(words):
    return greatest(count_pairs(words, cut=str))


def ranks_inputs(rng, case):
    """A piece of two letters and its tokens; one byte; one token; single bytes only."""
    letters = bytes(rng.sample(LETTERS.encode(), 2))
    piece = bytes(rng.choices(letters, k=1 if case == 0 else rng.randint(60, 90)))
    tokens = [bytes([b]) for b in letters]
    for _ in range(0 if case == 2 else rng.randint(60, 120)):
        union = rng.choice(tokens) + rng.choice(tokens)
        if union in piece and union not in tokens and len(union) <= 6:
            tokens.append(union)
    if case == 1:
        tokens.append(piece)
    return piece, {token: rank for rank, token in enumerate(tokens)}


@exercise("1.3", ranks_inputs)
def fewest_tokens(piece, ranks):
    fewest = [0]
    for end in range(1, len(piece) + 1):
        fewest.append(1 + min(fewest[start] for start in range(end)
                              if piece[start:end] in ranks))
    return fewest[-1]


@fewest_tokens.mistake("you took the longest token from the left each time; a shorter "
                       "one may leave a better rest")
def longest_from_the_left(piece, ranks):
    count = 0
    while piece:
        piece = piece[max(n for n in range(len(piece) + 1) if piece[:n] in ranks):]
        count += 1
    return count


@fewest_tokens.mistake("you took the longest token from the right each time; a shorter "
                       "one may leave a better rest")
def _(piece, ranks):
    return longest_from_the_left(piece[::-1], {token[::-1]: 0 for token in ranks})


@fewest_tokens.mistake("you merged in the order of the ranks, as encoding does: that "
                       "need not give the fewest")
def _(piece, ranks):
    parts = [bytes([b]) for b in piece]
    while len(parts) > 1:
        pair = min(pairwise(parts), key=lambda p: ranks.get(p[0] + p[1], len(ranks)))
        if pair[0] + pair[1] not in ranks:
            break
        merged = []
        for part in parts:
            if merged and (merged[-1], part) == pair:
                merged[-1] += part
            else:
                merged.append(part)
        parts = merged
    return len(parts)


@fewest_tokens.mistake("you took the longest token first, wherever it stands; what is "
                       "left beside it may need more")
def longest_anywhere(piece, ranks):
    if not piece:
        return 0
    token = max((token for token in ranks if token in piece), key=len)
    before, _, after = piece.partition(token)
    return longest_anywhere(before, ranks) + 1 + longest_anywhere(after, ranks)


def windows_inputs(rng, case):
    """Windows that overlap or touch; one or no token is left over after the last."""
    T, stride = rng.choice([(5, 3), (6, 4), (7, 4), (7, 5), (8, 3), (8, 5)])
    T, stride = {0: (1, 1), 1: (T, T), 2: (T, 1)}.get(case, (T, stride))
    n = T + (1 if case == 3 else stride * rng.randint(2, 4) + case % 2)
    return rng.sample(range(100), n), T, stride


def cut_windows(ids, T, stride, spare=0, shift=1):
    """Windows with that shift of the targets, and `spare` starts too many."""
    starts = range(0, len(ids) - T + spare, stride)
    return [(ids[i:i + T], ids[i + shift:i + shift + T]) for i in starts]


@exercise("1.4", windows_inputs)
def windows(ids, T, stride):
    return cut_windows(ids, T, stride)


@windows.mistake("your targets are the inputs themselves: they begin one token later")
def _(ids, T, stride):
    return cut_windows(ids, T, stride, shift=0)


@windows.mistake("your shift goes the wrong way: targets come one token after the "
                 "inputs")
def _(ids, T, stride):
    return [(targets, inputs) for inputs, targets in cut_windows(ids, T, stride)]


@windows.mistake("the last window is missing where the text ends exactly with its "
                 "targets")
def _(ids, T, stride):
    return cut_windows(ids, T, stride, spare=-1)


@windows.mistake("your last window can lack its last target: it needs T + 1 tokens")
def _(ids, T, stride):
    return cut_windows(ids, T, stride, spare=1)


@windows.mistake("you kept the windows at the end that are too short: drop them")
def _(ids, T, stride):
    return cut_windows(ids, T, stride, spare=T)


@windows.mistake("you returned all inputs, then all targets: each window is a pair")
def _(ids, T, stride):
    return tuple(map(list, zip(*windows(ids, T, stride), strict=True)))


@windows.mistake("you moved on by T each time: move on by `stride`")
def _(ids, T, stride):
    return cut_windows(ids, T, T)


@windows.mistake("you moved on by one token each time: move on by `stride`")
def _(ids, T, stride):
    return cut_windows(ids, T, 1)


@windows.mistake("you gave one target a window, the token after it: every position has "
                 "its own")
def _(ids, T, stride):
    return [(inputs, targets[-1]) for inputs, targets in cut_windows(ids, T, stride)]


@windows.mistake("your targets are the next T tokens: take the inputs, one token later")
def _(ids, T, stride):
    return [(inputs, ids[i * stride + T:i * stride + 2 * T])
            for i, (inputs, _) in enumerate(cut_windows(ids, T, stride))]
