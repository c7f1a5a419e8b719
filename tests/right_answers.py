"""Right answers of another make than the judge's own: loops, other functions, other
dtypes. Those of each exercise are written plainly, and are broken in many ways."""

import codecs
import math
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

RIGHT: dict[str, list[Callable]] = {}           # exercise -> answers


def right(number: str) -> Callable:
    """Decorate a right answer to the exercise of that number."""
    def register(answer: Callable) -> Callable:
        RIGHT.setdefault(number, []).append(answer)
        return answer
    return register


# 01 tokenization


@right("1.1")
def _(tokens):
    held, texts = b"", []
    for token in tokens:
        held += token
        end = len(held)
        for back in range(1, min(3, len(held)) + 1):
            first = held[-back]
            size = 2 + (first >= 224) + (first >= 240)
            if first >= 192:
                end = len(held) - back if size > back else len(held)
                break
        texts.append(held[:end].decode())
        held = held[end:]
    return texts


@right("1.1")
def _(tokens):
    decoder = codecs.getincrementaldecoder("utf-8")()
    yield from map(decoder.decode, tokens)


@right("1.1")
def _(tokens):
    held, texts = b"", []
    for token in tokens:
        held += token
        try:
            text = held.decode()
        except UnicodeDecodeError as error:
            text = held[:error.start].decode()
        texts.append(text)
        held = held[len(text.encode()):]
    return tuple(texts)


@right("1.2")
def _(words):
    counts = defaultdict(int)
    for word, n in words.items():
        data = word.encode()
        for i in range(len(data) - 1):
            counts[data[i], data[i + 1]] += n
    most = max(counts.values())
    left, right = max(pair for pair in counts if counts[pair] == most)
    return bytes([left]), bytes([right])


@right("1.2")
def _(words):
    counts = Counter()
    for word, n in words.items():
        letters = [bytes([b]) for b in word.encode()]
        counts.update({p: k * n for p, k in Counter(pairwise(letters)).items()})
    return sorted(counts, key=lambda p: (counts[p], p))[-1]


@right("1.2")
def _(words):
    counts = Counter(p for w, n in words.items() for p in [*pairwise(w.encode())] * n)
    return [bytes([b]) for b in max(counts, key=lambda p: (counts[p], *p))]


@right("1.3")
def _(piece, ranks):
    fewest = [0]
    for end in range(1, len(piece) + 1):
        best = end
        for start in range(end):
            if piece[start:end] in ranks and fewest[start] + 1 < best:
                best = fewest[start] + 1
        fewest.append(best)
    return fewest[-1]


@right("1.3")
def _(piece, ranks):
    @cache
    def fewest(start):
        return min((1 + fewest(start + len(t)) for t in ranks
                    if piece.startswith(t, start)), default=0)
    return torch.tensor(fewest(0))


@right("1.3")
def _(piece, ranks):
    reached, steps = {0}, 0
    while len(piece) not in reached:
        reached = {i + len(t) for i in reached for t in ranks if piece.startswith(t, i)}
        steps += 1
    return np.int64(steps)


@right("1.4")
def _(ids, T, stride):
    pairs, start = [], 0
    while start + T < len(ids):
        pairs.append((ids[start:start + T], ids[start + 1:start + T + 1]))
        start += stride
    return pairs


@right("1.4")
def _(ids, T, stride):
    spans = torch.tensor(ids).unfold(0, T + 1, stride)
    return torch.stack([spans[:, :-1], spans[:, 1:]], 1)


@right("1.4")
def _(ids, T, stride):
    for i in range(0, len(ids) - T, stride):
        yield np.array(ids[i:i + T]), np.array(ids[i + 1:i + 1 + T])


# 02 attention


@right("2.1")
def _(q, k):
    T, d = q.shape
    weights = torch.zeros(T, T)
    for i in range(T):
        scores = torch.stack([q[i] @ k[j] / d ** 0.5 for j in range(i + 1)])
        weights[i, :i + 1] = scores.exp() / scores.exp().sum()
    return weights


@right("2.1")
def _(q, k):
    return F.scaled_dot_product_attention(q, k, torch.eye(len(q)), is_causal=True)


@right("2.1")
def _(q, k):
    scores = torch.einsum("id,jd->ij", q.double(), k.double()) / math.sqrt(q.shape[1])
    return (scores + torch.full_like(scores, -1e9).triu(1)).softmax(-1)


@right("2.2")
def _(x):
    B, H, T, d = x.shape
    out = torch.zeros(B, T, H * d)
    for h in range(H):
        out[:, :, h * d:(h + 1) * d] = x[:, h]
    return out


@right("2.2")
def _(x):
    return torch.cat(x.unbind(1), -1)


@right("2.2")
def _(x):
    B, H, T, d = x.shape
    return x.permute(0, 2, 1, 3).reshape(B, T, H * d)


@right("2.3")
def _(T, width):
    mask = torch.ones(T, T, dtype=torch.bool)
    for i in range(T):
        for j in range(T):
            if j <= i and i - j < width:
                mask[i, j] = False
    return mask


@right("2.3")
def _(T, width):
    return ~torch.ones(T, T, dtype=torch.bool).tril().triu(1 - width)


@right("2.3")
def _(T, width):
    return [[not i - width < j <= i for j in range(T)] for i in range(T)]


@right("2.4")
def _(x, W_qkv, W_out, H):
    B, T, D = x.shape
    d, heads = D // H, []
    for h in range(H):
        q, k, v = (x @ W_qkv[:, i * D + h * d:i * D + (h + 1) * d] for i in range(3))
        scores = q @ k.mT / d ** 0.5
        hidden = torch.ones(T, T, dtype=torch.bool).triu(1)
        heads.append(scores.masked_fill(hidden, float("-inf")).softmax(-1) @ v)
    return torch.cat(heads, -1) @ W_out


@right("2.4")
def _(x, W_qkv, W_out, H):
    B, T, D = x.shape
    parts = (x.double() @ W_qkv.double()).view(B, T, 3, H, D // H)
    q, k, v = parts.permute(2, 0, 3, 1, 4)
    out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return out.transpose(1, 2).flatten(2) @ W_out.double()


@right("2.4")
def _(x, W_qkv, W_out, H):
    attention = nn.MultiheadAttention(len(W_out), H, bias=False, batch_first=True)
    attention.in_proj_weight.data, attention.out_proj.weight.data = W_qkv.T, W_out.T
    hidden = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
    return attention(x, x, x, attn_mask=hidden, need_weights=True)[0]


# 03 normalization


@right("3.1")
def _(x, scale, eps):
    total = (x ** 2).sum(-1, keepdim=True)
    return x * scale / (total / x.shape[-1] + eps) ** 0.5


@right("3.1")
def _(x, scale, eps):
    return F.rms_norm(x, scale.shape, scale, eps)


@right("3.1")
def _(x, scale, eps):
    x *= torch.rsqrt(x.norm(dim=-1, keepdim=True) ** 2 / len(scale) + eps)
    return x.mul_(scale)


@right("3.2")
def _(scale, shift, W, b):
    W2, b2 = W.clone(), b.clone()
    for i in range(len(W)):
        for j in range(len(scale)):
            W2[i, j] = W[i, j] * scale[j]
            b2[i] = b2[i] + W[i, j] * shift[j]
    return W2, b2


@right("3.2")
def _(scale, shift, W, b):
    return [W @ scale.diag(), F.linear(shift, W, b)[:, None]]


@right("3.2")
def _(scale, shift, W, b):
    b += (W * shift).sum(1)
    W *= scale
    return W, b


@right("3.3")
def _(x, scale, eps, grad_out):
    D = x.shape[-1]
    n = x - x.sum(-1, keepdim=True) / D
    root = ((n ** 2).sum(-1, keepdim=True) / D + eps) ** 0.5
    g = grad_out * scale
    through = n * (g * n).sum(-1, keepdim=True) / root ** 3 / D
    return g / root - g.sum(-1, keepdim=True) / root / D - through


@right("3.3")
def _(x, scale, eps, grad_out):
    x.requires_grad_()
    y = F.layer_norm(x, scale.shape, scale, eps=eps)
    return torch.autograd.grad(y, x, grad_out)[0]


@right("3.3")
def _(x, scale, eps, grad_out):
    rows = []
    for row, g in zip(x.double(), grad_out.double() * scale):
        root = (row.var(unbiased=False) + eps).sqrt()
        n = (row - row.mean()) / root
        D = len(row)
        rows.append((torch.eye(D) - 1 / D - torch.outer(n, n) / D).double() @ g / root)
    return rows


@right("3.4")
def _(count, total, total_squares):
    mean = total / count
    return mean, (total_squares - 2 * mean * total + count * mean ** 2) / count


@right("3.4")
def _(count, total, total_squares):
    return [total / count, (count * total_squares - total ** 2) / count ** 2]


@right("3.4")
def _(count, total, total_squares):
    sums = torch.tensor([total, total_squares], dtype=torch.float64) / count
    return sums[0], sums[1] - sums[0].square()


# 04 feed-forward


@right("4.1")
def _(x):
    return torch.stack([v * (1 + torch.erf(v / 2 ** 0.5)) / 2 for v in x])


@right("4.1")
def _(x):
    return F.gelu(x)


@right("4.1")
def _(x):
    return [v * torch.distributions.Normal(0.0, 1.0).cdf(v) for v in x]


@right("4.2")
def _(x):
    u = (2 / math.pi) ** 0.5 * (x + 0.044715 * x ** 3)
    slope = (2 / math.pi) ** 0.5 * (1 + 3 * 0.044715 * x ** 2)
    return (1 + torch.tanh(u)) / 2 + x * slope / torch.cosh(u) ** 2 / 2


@right("4.2")
def _(x):
    x.requires_grad_()
    return torch.autograd.grad(F.gelu(x, approximate="tanh").sum(), x)[0]


@right("4.2")
def _(x):
    x = x.double()
    a, b = (F.gelu(x + h, approximate="tanh") for h in (1e-5, -1e-5))
    return (a - b) / 2e-5


@right("4.3")
def _(x, W_gate, W_up, W_down):
    gate = x @ W_gate
    return (gate / (1 + torch.exp(-gate)) * (x @ W_up)) @ W_down


@right("4.3")
def _(x, W_gate, W_up, W_down):
    gate, up = (torch.einsum("...d,dh->...h", x, W) for W in (W_gate, W_up))
    return torch.einsum("...h,hd->...d", F.silu(gate) * up, W_down)


@right("4.3")
def _(x, W_gate, W_up, W_down):
    gate, up = (x.double() @ torch.cat([W_gate, W_up], 1).double()).chunk(2, -1)
    return (gate * gate.sigmoid() * up) @ W_down.double()


@right("4.4")
def _(D):
    down = 8 * D // 3 // 8 * 8
    return down if 8 * D / 3 - down < 4 else down + 8


@right("4.4")
def _(D):
    return min(range(0, 4 * D, 8), key=lambda H: abs(3 * H - 8 * D))


@right("4.4")
def _(D):
    return 8 * math.floor(Fraction(D, 3) + Fraction(1, 2))


# 05 transformer block


@right("5.1")
def _(x, attention, feed_forward, norm1, norm2):
    read = norm1(x)
    between = x + attention(read)
    return between + feed_forward(norm2(between))


@right("5.1")
def _(x, attention, feed_forward, norm1, norm2):
    for layer, norm in ((attention, norm1), (feed_forward, norm2)):
        x = torch.add(layer(norm(x)), x)
    return x


@right("5.1")
def _(x, attention, feed_forward, norm1, norm2):
    x += attention(norm1(x))
    x += feed_forward(norm2(x))
    return x


@right("5.2")
def _(x, layers):
    added, stream = [x], x
    for layer in layers:
        new = layer(stream)
        added.append(new)
        stream = stream + new
    return added


@right("5.2")
def _(x, layers):
    streams = [x]
    for layer in layers:
        streams.append(streams[-1] + layer(streams[-1]))
    return torch.stack(streams).diff(dim=0, prepend=torch.zeros(1, *x.shape))


@right("5.2")
def _(x, layers):
    yield x.clone()
    for layer in layers:
        update = layer(x)
        yield update
        x += update


@right("5.3")
def _(x, update, keep, p):
    out = x.clone()
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            if keep[i, j] == 1:
                out[i, j] = x[i, j] + update[i, j] / (1 - p)
    return out


@right("5.3")
def _(x, update, keep, p):
    return x + torch.where(keep.bool(), update / (1 - p), 0.0)


@right("5.3")
def _(x, update, keep, p):
    x += update.masked_fill_(keep == 0, 0).div_(1 - p)
    return x


@right("5.4")
def _(layers, writer_std):
    variance = 1.0
    for _ in range(layers):
        variance = variance + writer_std ** 2 + writer_std ** 2
    return variance ** 0.5


@right("5.4")
def _(layers, writer_std):
    return math.hypot(1, *[writer_std] * (2 * layers))


@right("5.4")
def _(layers, writer_std):
    return torch.tensor([1.0, math.sqrt(2 * layers) * writer_std]).norm()


# 06 the model


@right("6.1")
def _(V, T, D, L, tied, qkv_bias):
    attention = 3 * D * D + (3 * D if qkv_bias else 0) + D * D + D
    feed_forward = D * 4 * D + 4 * D + 4 * D * D + D
    head = 0 if tied else V * D
    return V * D + T * D + L * (attention + feed_forward + 2 * 2 * D) + 2 * D + head


@right("6.1")
def _(V, T, D, L, tied, qkv_bias):
    vectors = 10 + 3 * qkv_bias
    return D * (V * (2 - tied) + T + L * (12 * D + vectors) + 2)


@right("6.1")
def _(V, T, D, L, tied, qkv_bias):
    block = [nn.Linear(D, 3 * D, qkv_bias), nn.Linear(D, D), nn.LayerNorm(D),
             nn.LayerNorm(D), nn.Linear(D, 4 * D), nn.Linear(4 * D, D)]
    size = sum(p.numel() for layer in block for p in layer.parameters())
    return torch.tensor(L * size + (V + T + 2) * D + (not tied) * V * D)


@right("6.2")
def _(logits, p):
    out = torch.full_like(logits, float("-inf"))
    for row, new in zip(logits, out):
        probs, total = row.softmax(-1), 0.0
        for j in row.argsort(descending=True).tolist():
            new[j] = row[j]
            total = total + probs[j]
            if total >= p:
                break
    return out


@right("6.2")
def _(logits, p):
    probs, ids = logits.softmax(-1).sort(descending=True)
    remove = probs.cumsum(-1) > p
    remove[:, 1:] = remove[:, :-1].clone()
    remove[:, 0] = False
    return logits.masked_fill(remove.scatter(-1, ids, remove), float("-inf"))


@right("6.2")
def _(logits, p):
    probs = logits.double().softmax(-1)
    above = (probs[:, None, :] > probs[:, :, None]).double() @ probs[:, :, None]
    logits[above[..., 0] >= p] = float("-inf")
    return logits


@right("6.3")
def _(L, D, B, T, bytes_per_number):
    numbers = 0
    for _ in range(L):
        numbers = numbers + B * T * D + B * T * D
    return numbers * bytes_per_number


@right("6.3")
def _(L, D, B, T, bytes_per_number):
    return math.prod([2, L, D, B, T, bytes_per_number])


@right("6.3")
def _(L, D, B, T, bytes_per_number):
    return np.prod([2, L, D, B, T, bytes_per_number], dtype=np.int64)


@right("6.4")
def _(V, D, L, T, new):
    total = 0
    for i in range(new):
        seen = T + i + 1
        total = total + L * (2 * 12 * D * D + 2 * 2 * seen * D) + 2 * V * D
    return total


@right("6.4")
def _(V, D, L, T, new):
    seen = new * T + new * (new + 1) // 2
    return new * (24 * L * D**2 + 2 * V * D) + 4 * L * D * seen


@right("6.4")
def _(V, D, L, T, new):
    seen = torch.arange(T + 1, T + new + 1)
    return (L * (24 * D**2 + 4 * seen * D) + 2 * V * D).sum()


# 07 loss


@right("7.1")
def _(logits, targets, epsilon):
    N, V = logits.shape
    label = torch.full((N, V), epsilon / V)
    for i in range(N):
        label[i, targets[i]] = 1 - epsilon + epsilon / V
    return -(label * logits.log_softmax(-1)).sum() / N


@right("7.1")
def _(logits, targets, epsilon):
    return F.cross_entropy(logits, targets, label_smoothing=epsilon)


@right("7.1")
def _(logits, targets, epsilon):
    logits = logits.double()
    target = logits.gather(1, targets[:, None])[:, 0]
    mixed = (1 - epsilon) * target + epsilon * logits.mean(1)
    return (logits.logsumexp(1) - mixed).mean().item()


@right("7.2")
def _(means, counts):
    nats, tokens = 0.0, 0
    for mean, count in zip(means, counts):
        nats = nats + mean * count
        tokens = tokens + count
    return nats / tokens


@right("7.2")
def _(means, counts):
    return np.average(means, weights=counts)


@right("7.2")
def _(means, counts):
    return torch.tensor(means).repeat_interleave(torch.tensor(counts)).mean()


@right("7.3")
def _(losses, text):
    total = 0.0
    for loss in losses:
        total = total + loss / math.log(2)
    return total / len(text.encode("utf-8"))


@right("7.3")
def _(losses, text):
    return torch.tensor(losses).sum() * math.log2(math.e) / len(bytes(text, "utf-8"))


@right("7.3")
def _(losses, text):
    return -math.log2(math.exp(-sum(losses))) / sum(len(c.encode()) for c in text)


@right("7.4")
def _(ids, prompt_length, n_padding):
    targets = []
    for i in range(len(ids)):
        after = i + 1
        real = prompt_length <= after and after < len(ids) - n_padding
        targets.append(ids[after] if real else -100)
    return targets


@right("7.4")
def _(ids, prompt_length, n_padding):
    real = ids[prompt_length:len(ids) - n_padding]
    return [-100] * (prompt_length - 1) + real + [-100] * (n_padding + 1)


@right("7.4")
def _(ids, prompt_length, n_padding):
    targets = torch.tensor(ids).roll(-1)
    targets[:prompt_length - 1] = targets[-1 - n_padding:] = -100
    return targets


# 08 training


@right("8.1")
def _(shapes):
    names = []
    for name, shape in shapes.items():
        if len(shape) > 1:
            insort(names, name)
    return names


@right("8.1")
def _(shapes):
    return tuple(sorted({n for n in shapes if torch.empty(shapes[n]).dim() == 2}))


@right("8.1")
def _(shapes):
    for name in list(shapes):
        if len(shapes[name]) == 1:
            del shapes[name]
    return iter(sorted(shapes))


@right("8.2")
def _(step, steps, warmup, decay, max_lr):
    if step < warmup:
        return max_lr * (step + 1) / warmup
    if step >= steps - decay:
        return max_lr * (steps - step) / decay
    return max_lr


@right("8.2")
def _(step, steps, warmup, decay, max_lr):
    return max_lr * np.interp(step, [-1, warmup - 1, steps - decay, steps],
                              [0.0, 1.0, 1.0, 0.0])


@right("8.2")
def _(step, steps, warmup, decay, max_lr):
    rates = torch.ones(steps)
    rates[:warmup] = torch.linspace(1 / warmup, 1, warmup)
    rates[steps - decay:] = torch.linspace(1, 1 / decay, decay)
    return rates[step] * max_lr


@right("8.3")
def _(grads, max_norm):
    squares = 0.0
    for g in grads:
        squares = squares + (g ** 2).sum().item()
    norm = squares ** 0.5
    return [g * max_norm / norm if norm > max_norm else g for g in grads]


@right("8.3")
def _(grads, max_norm):
    norm = torch.cat([g.flatten() for g in grads]).double().norm()
    return tuple(g * min(1.0, max_norm / norm.item()) for g in grads)


@right("8.3")
def _(grads, max_norm):
    parameters = [nn.Parameter(torch.zeros_like(g)) for g in grads]
    for parameter, g in zip(parameters, grads):
        parameter.grad = g
    nn.utils.clip_grad_norm_(parameters, max_norm)
    return [parameter.grad for parameter in parameters]


@right("8.4")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g ** 2
    step = m / (1 - b1 ** t) / ((v / (1 - b2 ** t)) ** 0.5 + eps)
    return p - lr * decay * p - lr * step


@right("8.4")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    m, v = torch.lerp(m, g, 1 - b1), torch.lerp(v, g * g, 1 - b2)
    rate = lr * math.sqrt(1 - b2**t) / (1 - b1**t)
    return p * (1 - lr * decay) - rate * m / (v.sqrt() + eps * math.sqrt(1 - b2**t))


@right("8.4")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    parameter = nn.Parameter(p)
    parameter.grad = g
    adamw = torch.optim.AdamW([parameter], lr, (b1, b2), eps, decay)
    adamw.state[parameter] = {"step": torch.tensor(t - 1.0), "exp_avg": m,
                              "exp_avg_sq": v}
    adamw.step()
    return parameter


@right("8.5")
def _(counts):
    total = 0
    for count in counts:
        total = total + count
    return [count / total for count in counts]


@right("8.5")
def _(counts):
    return torch.tensor(counts) / sum(counts)


@right("8.5")
def _(counts):
    return (float(Fraction(n, sum(counts))) for n in counts)


# A PyTorch-native


@right("A.1")
def _(lengths):
    longest = max(lengths)
    mask = torch.zeros(len(lengths), longest, dtype=torch.bool)
    for row, n in enumerate(lengths):
        mask[row, n:] = True
    return mask


@right("A.1")
def _(lengths):
    rows = [torch.zeros(n, dtype=torch.bool) for n in lengths]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=True)


@right("A.1")
def _(lengths):
    return [[t >= n for t in range(max(lengths))] for n in lengths]


@right("A.2")
def _(lengths):
    T = max(lengths)
    mask = torch.zeros(len(lengths), 1, T, T, dtype=torch.bool)
    for b in range(len(lengths)):
        for i in range(T):
            for j in range(min(i + 1, lengths[b])):
                mask[b, 0, i, j] = True
    return mask


@right("A.2")
def _(lengths):
    T = max(lengths)
    mask = torch.ones(len(lengths), 1, T, T, dtype=torch.bool).tril_()
    for row, n in zip(mask, lengths):
        row[..., n:] = False
    return mask


@right("A.2")
def _(lengths):
    T = max(lengths)
    return [[[[j <= i and j < n for j in range(T)] for i in range(T)]] for n in lengths]


@right("A.3")
def _(W_q, W_k, W_v):
    D = len(W_q)
    out = torch.zeros(3 * D, D)
    for i in range(D):
        for j in range(D):
            out[i, j], out[D + i, j] = W_q[j, i], W_k[j, i]
            out[2 * D + i, j] = W_v[j, i]
    return out


@right("A.3")
def _(W_q, W_k, W_v):
    return torch.stack([W_q, W_k, W_v]).mT.flatten(0, 1)


@right("A.3")
def _(W_q, W_k, W_v):
    return torch.hstack([W_q, W_k, W_v]).T.double()


# B released weights


@right("B.1")
def _(w):
    n_in, n_out = w.shape
    out = torch.zeros(n_out, n_in)
    for i in range(n_in):
        for j in range(n_out):
            out[j, i] = w[i, j]
    return out


@right("B.1")
def _(w):
    return torch.einsum("io->oi", w).contiguous()


@right("B.1")
def _(w):
    return torch.stack(w.unbind(1)).numpy()


@right("B.1")
def _(w):
    return [[w[i, j] for i in range(w.shape[0])] for j in range(w.shape[1])]


@right("B.2")
def _(w, H, h):
    D = len(w)
    d = D // H
    out = torch.zeros(d, D)
    for i in range(d):
        for j in range(D):
            out[i, j] = w[j, D + h * d + i]
    return out


@right("B.2")
def _(w, H, h):
    return w.view(len(w), 3, H, -1)[:, 1, h].T


@right("B.2")
def _(w, H, h):
    return w.T.chunk(3)[1].chunk(H)[h].double()


@right("B.3")
def _(sizes, at_once):
    model, opened, peak = 0, 0, 0
    for size in sizes:
        if opened > at_once:
            opened = 0
        model, opened = model + size, opened + size
        peak = max(peak, model + opened)
    return peak


@right("B.3")
def _(sizes, at_once):
    start, worst = 0, []
    for i in range(len(sizes)):
        if sum(sizes[start:i]) > at_once:
            start = i
        worst.append(sum(sizes[:i + 1]) + sum(sizes[start:i + 1]))
    return torch.tensor(worst).max()


@right("B.3")
def _(sizes, at_once):
    parts, totals = [[]], np.cumsum(sizes)
    for size in sizes:
        if sum(parts[-1]) > at_once:
            parts.append([])
        parts[-1].append(size)
    opened = np.concatenate([np.cumsum(part) for part in parts])
    return (totals + opened).max()


@right("B.4")
def _(part, status, body, sha256):
    from hashlib import sha256 as digest
    whole = body if status == 200 else part + body
    return whole if digest(whole).hexdigest() == sha256 else None


@right("B.4")
def _(part, status, body, sha256):
    import hashlib
    data = bytearray(part if status == 206 else b"")
    data += body
    return data if hashlib.new("sha256", data).hexdigest() == sha256 else None


@right("B.4")
def _(part, status, body, sha256):
    import hashlib
    running = hashlib.sha256()
    pieces = [part, body] if status == 206 else [body]
    for piece in pieces:
        running.update(piece)
    if running.hexdigest() != sha256:
        return None
    return b"".join(pieces)


@right("B.4")
def _(part, status, body, sha256):
    import hashlib
    for whole, wanted in ((part + body, 206), (body, 200)):
        if wanted == status and hashlib.sha256(whole).digest().hex() == sha256:
            return whole


# C decoding


@right("C.1")
def _(logits, ids, strength):
    out = logits.clone()
    for b in range(len(ids)):
        for token in ids[b].tolist():
            out[b, token] = out[b, token] - strength
    return out


@right("C.1")
def _(logits, ids, strength):
    V = logits.shape[1]
    return logits - strength * torch.stack([row.bincount(minlength=V) for row in ids])


@right("C.1")
def _(logits, ids, strength):
    return logits.sub_(F.one_hot(ids, logits.shape[1]).sum(1), alpha=strength)


@right("C.2")
def _(held, new):
    mask = torch.zeros(new, held + new, dtype=torch.bool)
    for i in range(new):
        for j in range(held + i + 1):
            mask[i, j] = True
    return mask


@right("C.2")
def _(held, new):
    return torch.ones(new, held + new, dtype=torch.bool).tril(held)


@right("C.2")
def _(held, new):
    return torch.ones(held + new, held + new).tril().bool()[held:]


@right("C.3")
def _(texts, alpha):
    best, best_score = 0, float("-inf")
    for i in range(len(texts)):
        score = sum(texts[i].tolist()) / len(texts[i]) ** alpha
        if score > best_score:
            best, best_score = i, score
    return best, best_score


@right("C.3")
def _(texts, alpha):
    scores = torch.stack([t.sum() / t.numel() ** alpha for t in texts])
    return scores.argmax(), scores.max()


@right("C.3")
def _(texts, alpha):
    scores = [t.double().mean().item() * len(t) ** (1 - alpha) for t in texts]
    return [int(np.argmax(scores)), np.max(scores)]


@right("C.4")
def _(held, text):
    n = 0
    while n < len(held) and n < len(text) - 1 and held[n] == text[n]:
        n += 1
    return n


@right("C.4")
def _(held, text):
    return max(n for n in range(min(len(held), len(text) - 1) + 1)
               if held[:n] == text[:n])


@right("C.4")
def _(held, text):
    n = min(len(held), len(text) - 1)
    return (torch.tensor(held[:n]) == torch.tensor(text[:n])).cumprod(0).sum()


# D classification


@right("D.1")
def _(ids, pad):
    last = []
    for row in ids.tolist():
        position = len(row) - 1
        while row[position] == pad:
            position = position - 1
        last.append(position)
    return torch.tensor(last)


@right("D.1")
def _(ids, pad):
    return ids.shape[1] - 1 - (ids != pad).int().flip(1).argmax(1)


@right("D.1")
def _(ids, pad):
    return ((ids != pad) * torch.arange(ids.shape[1])).amax(1).numpy()


@right("D.2")
def _(scores, labels):
    won, pairs = 0.0, 0
    for i in range(len(scores)):
        for j in range(len(scores)):
            if labels[i] == 1 and labels[j] == 0:
                pairs += 1
                if scores[i] > scores[j]:
                    won = won + 1
                elif scores[i] == scores[j]:
                    won = won + 0.5
    return won / pairs


@right("D.2")
def _(scores, labels):
    s, y = torch.tensor(scores, dtype=torch.float64), torch.tensor(labels).bool()
    return (1 + (s[y][:, None] - s[~y]).sign()).mean() / 2


@right("D.2")
def _(scores, labels):
    ham = sorted(s for s, y in zip(scores, labels) if y == 0)
    spam = [s for s, y in zip(scores, labels) if y == 1]
    below = [bisect_left(ham, s) + ham.count(s) / 2 for s in spam]
    return np.mean(below) / len(ham)


@right("D.3")
def _(labels):
    spam = 0
    for y in labels:
        spam = spam + y
    return [len(labels) / 2 / (len(labels) - spam), len(labels) / 2 / spam]


@right("D.3")
def _(labels):
    return len(labels) / (2 * torch.tensor(labels).bincount())


@right("D.3")
def _(labels):
    w0 = 1 / (2 * (1 - np.mean(labels)))
    return w0, w0 * labels.count(0) / labels.count(1)


@right("D.4")
def _(W, A, B, alpha, r):
    out = W.clone()
    for k in range(r):
        out = out + alpha / r * B[:, k, None] * A[k]
    return out


@right("D.4")
def _(W, A, B, alpha, r):
    return torch.addmm(W, B, A, alpha=alpha / r)


@right("D.4")
def _(W, A, B, alpha, r):
    x = torch.eye(W.shape[1], dtype=torch.float64)
    return (F.linear(x, W.double()) + x @ A.T.double() @ B.T.double() * alpha / r).T


# E instructions


@right("E.1")
def _(prompt, response, eot, length):
    ids = prompt + response + [eot]
    labels = []
    for t in range(length):
        real = t >= len(prompt) - 1 and t + 1 < len(ids)
        labels.append(ids[t + 1] if real else -100)
    return labels


@right("E.1")
def _(prompt, response, eot, length):
    labels = torch.full((length,), -100)
    start = len(prompt) - 1
    labels[start:start + len(response) + 1] = torch.tensor([*response, eot])
    return labels


@right("E.1")
def _(prompt, response, eot, length):
    response.append(eot)
    row = [-100] * (len(prompt) - 1) + response + [-100] * length
    return (label for label in row[:length])


@right("E.2")
def _(logits, labels):
    sums = []
    for b in range(logits.shape[0]):
        total = torch.zeros(())
        for t in range(logits.shape[1]):
            if labels[b, t] != -100:
                total = total + logits[b, t].log_softmax(-1)[labels[b, t]]
        sums.append(total)
    return torch.stack(sums)


@right("E.2")
def _(logits, labels):
    return -F.cross_entropy(logits.mT, labels, reduction="none").sum(1)


@right("E.2")
def _(logits, labels):
    return [-F.cross_entropy(z.double(), y, ignore_index=-100, reduction="sum").item()
            for z, y in zip(logits, labels)]


@right("E.3")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    margin = chosen - rejected - (ref_chosen - ref_rejected)
    return -beta / (1 + torch.exp(beta * margin))


@right("E.3")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    chosen.requires_grad_()
    margin = beta * ((chosen - ref_chosen) - (rejected - ref_rejected))
    return torch.autograd.grad(-F.logsigmoid(margin).sum(), chosen)[0]


@right("E.3")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    a, b = (beta * (p - r).double() for p, r in
            ((chosen, ref_chosen), (rejected, ref_rejected)))
    return -beta * b.exp() / (a.exp() + b.exp())


@right("E.4")
def _(ref_logprobs, rewards, beta):
    weights = torch.exp(ref_logprobs) * torch.exp(rewards / beta)
    return weights / weights.sum()


@right("E.4")
def _(ref_logprobs, rewards, beta):
    z = ref_logprobs.double() + rewards.double() / beta
    return (z - z.logsumexp(0)).exp()


@right("E.4")
def _(ref_logprobs, rewards, beta):
    return F.softmax(ref_logprobs.add_(rewards, alpha=1 / beta), 0).tolist()


# F inside attention


@right("F.1")
def _(ids):
    T = len(ids)
    mask = torch.zeros(T, T, dtype=torch.bool)
    for i in range(T):
        for earlier in range(i):
            if ids[earlier] == ids[i]:
                mask[i, earlier + 1] = True
    return mask


@right("F.1")
def _(ids):
    ids = torch.tensor(ids)
    equal = (ids[:, None] == ids).tril(-1)
    return equal.roll(1, 1)


@right("F.1")
def _(ids):
    return [[j > 0 and j <= i and ids[j - 1] == ids[i] for j in range(len(ids))]
            for i in range(len(ids))]


@right("F.2")
def _(out, h):
    new = out.clone()
    total, count = 0, 0
    for b in range(out.shape[0]):
        for t in range(out.shape[2]):
            total = total + out[b, h, t]
            count += 1
    new[:, h] = total / count
    return new


@right("F.2")
def _(out, h):
    heads = list(out.unbind(1))
    heads[h] = heads[h].mean((0, 1)).expand_as(heads[h])
    return torch.stack(heads, 1)


@right("F.2")
def _(out, h):
    chosen = torch.arange(out.shape[1])[:, None, None] == h
    return torch.where(chosen, out.double().mean((0, 2), keepdim=True), out.double())


@right("F.3")
def _(weights, values, W_out):
    H, T, d = values.shape
    out = torch.zeros(H, T, T)
    for h in range(H):
        for j in range(T):
            arrives = W_out[:, h * d:(h + 1) * d] @ values[h, j]
            out[h, :, j] = weights[h, :, j] * (arrives ** 2).sum() ** 0.5
    return out


@right("F.3")
def _(weights, values, W_out):
    W = W_out.view(len(W_out), len(values), -1)
    return torch.einsum("hij,hjd,Dhd->hijD", weights, values, W).norm(dim=-1)


@right("F.3")
def _(weights, values, W_out):
    H, T, d = values.shape
    alone = torch.zeros(H, T, H, d, dtype=torch.float64)
    for h in range(H):
        alone[h, :, h] = values[h]
    return weights * F.linear(alone.flatten(2), W_out.double()).norm(dim=-1)[:, None]


# G speed


@right("G.1")
def _(L, D, V, B, T):
    block = 2 * 12 * D * D + 2 * T * D + 2 * T * D
    forward = B * T * (L * block + 2 * V * D)
    return forward + 2 * forward


@right("G.1")
def _(L, D, V, B, T):
    return 6 * B * T * D * (12 * L * D + 2 * L * T + V)


@right("G.1")
def _(L, D, V, B, T):
    shapes = [(D, 3 * D), (D, D), (D, 4 * D), (4 * D, D), (D, T), (T, D)] * L + [(D, V)]
    return np.int64(3 * sum(2 * B * T * a * b for a, b in shapes))


@right("G.2")
def _(work, peak, bandwidth):
    seconds = 0.0
    for operations, moved in work:
        compute, fetch = operations / peak, moved / bandwidth
        seconds = seconds + (compute if compute > fetch else fetch)
    return seconds


@right("G.2")
def _(work, peak, bandwidth):
    seconds = torch.tensor(work, dtype=torch.float64) / torch.tensor([peak, bandwidth])
    return seconds.amax(1).sum()


@right("G.2")
def _(work, peak, bandwidth):
    f, b = np.array(work).T
    return np.maximum(f / peak, b / bandwidth).sum()


@right("G.3")
def _(top_a, total_a, top_b, total_b):
    top = torch.where(top_a > top_b, top_a, top_b)
    return top, (total_a * torch.exp(top_a - top) + total_b * torch.exp(top_b - top))


@right("G.3")
def _(top_a, total_a, top_b, total_b):
    top = torch.stack([top_a, top_b]).amax(0)
    sums = torch.stack([top_a + total_a.log(), top_b + total_b.log()]).double()
    return [top, (sums.logsumexp(0) - top).exp()]


@right("G.3")
def _(top_a, total_a, top_b, total_b):
    tops, totals = [], []
    for a, s, b, t in zip(*map(torch.Tensor.tolist, (top_a, total_a, top_b, total_b))):
        tops.append(max(a, b))
        totals.append(s * math.exp(a - max(a, b)) + t * math.exp(b - max(a, b)))
    return tops, totals


# H scaling out


@right("H.1")
def _(order, step, batch, rank, size):
    mine = []
    for i in range(batch // size):
        mine.append(order[step * batch + rank * (batch // size) + i])
    return mine


@right("H.1")
def _(order, step, batch, rank, size):
    return torch.tensor(order).view(-1, size, batch // size)[step, rank]


@right("H.1")
def _(order, step, batch, rank, size):
    now = order[step * batch:(step + 1) * batch]
    return (w for i, w in enumerate(now) if i * size // batch == rank)


@right("H.2")
def _(counts):
    total, ranks = 0, 0
    for n in counts:
        total = total + n
        ranks += 1
    return [n * ranks / total for n in counts]


@right("H.2")
def _(counts):
    counts = torch.tensor(counts)
    return counts / counts.double().mean()


@right("H.2")
def _(counts):
    return np.array(counts) / np.mean(counts)


@right("H.3")
def _(shards, max_norm):
    squares = 0.0
    for g in shards:
        squares = squares + (g ** 2).sum()
    norm = squares ** 0.5
    return [g * max_norm / norm if norm > max_norm else g for g in shards]


@right("H.3")
def _(shards, max_norm):
    norm = torch.stack([g.double().norm() for g in shards]).norm()
    return [g * (max_norm / norm).clamp(max=1) for g in shards]


@right("H.3")
def _(shards, max_norm):
    factor = min(1, max_norm / math.sqrt(sum(float(g @ g) for g in shards)))
    for g in shards:
        g *= factor
    return tuple(shards)


@right("H.4")
def _(N, p, stage):
    total = 0.0
    for at, each in ((1, 12), (2, 2), (3, 2)):
        total = total + (each * N / p if stage >= at else each * N)
    return total


@right("H.4")
def _(N, p, stage):
    return N * [16, 4 + 12 / p, 2 + 14 / p, 16 / p][stage]


@right("H.4")
def _(N, p, stage):
    cut = [0, 12, 14, 16][stage]
    return torch.tensor((16 - cut) * N + cut * N / p, dtype=torch.float64)


# What mutants of these answers may do to them, and still be right: exercise -> what ->
# why. Whatever else is broken must be told from a right answer.
LAST = "of one axis or two, this is the last one, too"
TIE = "two floats are never equal there, or then either is right"
SIGN = "it is squared, or taken absolutely"
UNUSED = "the first value is overwritten, or never the largest"
ORDER = "the order does not matter there"
RIGHT_ALL_THE_SAME = {
    "1.1": {"first >= 192 -> first > 192": "no character begins with the byte 192",
            "192 -> 193": "no character begins with the byte 192",
            "3 -> 4": "what began four bytes ago is complete"},
    "1.3": {"1 -> 2": "one more end finds the same tokens again",
            "1 -> 0": "what is not better is assigned, and is equal",
            "fewest[start] + 1 < best -> fewest[start] + 1 <= best": TIE,
            "fewest[start] + 1 -> fewest[start]": TIE},
    "1.4": {"0 -> -1": LAST},
    "2.1": {"q[i] @ k[j] -> k[j] @ q[i]": ORDER, "-1 -> 1": LAST,
            "1000000000.0 -> 1000000001.0": "any large number hides",
            "1000000000.0 -> 999999999.0": "any large number hides"},
    "2.4": {"out.transpose(1, 2) -> out.transpose(2, 1)": ORDER,
            "False -> True": "biases begin at zero",
            "True -> False": "the weights are another result"},
    "3.3": {"x - x.sum(-1, keepdim=True) / D -> x.sum(-1, keepdim=True) / D - x": SIGN,
            "row - row.mean() -> row.mean() - row": SIGN, "-1 -> 1": LAST,
            "0 -> -1": LAST,
            "(torch.eye(D) - 1 / D - torch.outer(n, n) / D).double() @ g -> g @ "
            "(torch.eye(D) - 1 / D - torch.outer(n, n) / D).double()": ORDER},
    "4.2": {"0 -> -1": LAST},
    "4.4": {"8 * D / 3 - down < 4 -> 8 * D / 3 - down <= 4": TIE,
            "4 -> 5": "no remainder lies between, and no H beyond",
            "4 -> 3": "no remainder lies between, and no H beyond",
            "2 -> 3": "thirds are rounded alike",
            "3 * H - 8 * D -> 8 * D - 3 * H": SIGN},
    "5.1": {"torch.add(layer(norm(x)), x) -> torch.add(x, layer(norm(x)))": ORDER},
    "5.4": {"math.hypot(1, *[writer_std] * (2 * layers)) -> "
            "math.hypot(*[writer_std] * (2 * layers), 1)": ORDER},
    "6.2": {"total >= p -> total > p": TIE, "1 -> 0": LAST, "-1 -> 1": LAST,
            "0 -> -1": LAST, "above[..., 0] >= p -> above[..., 0] > p": TIE,
            "probs.cumsum(-1) > p -> probs.cumsum(-1) >= p": TIE},
    "7.1": {"-1 -> 1": LAST, "0 -> -1": LAST},
    "8.2": {"step >= steps - decay -> step > steps - decay": "both give max_lr there"},
    "8.3": {"norm > max_norm -> norm >= max_norm": TIE},
    "A.2": {"0 -> -1": "the axis has one place"},
    "B.3": {"0 -> 1": UNUSED, "0 -> -1": UNUSED},
    "B.4": {"wanted == status and hashlib.sha256(whole).digest().hex() == sha256 -> "
            "hashlib.sha256(whole).digest().hex() == sha256": "the sum tells, too"},
    "C.3": {"0 -> 1": UNUSED, "0 -> -1": UNUSED,
            "score > best_score -> score >= best_score": TIE},
    "C.4": {"0 -> -1": LAST},
    "D.4": {"x @ A.T.double() -> A.T.double()": "x is the identity"},
    "E.2": {"1 -> 0": LAST},
    "E.3": {"0 -> -1": LAST},
    "E.4": {"0 -> -1": LAST, "1 -> 0": LAST},
    "G.2": {"compute > fetch -> compute >= fetch": TIE},
    "G.3": {"top_a > top_b -> top_a >= top_b": TIE},
    "H.1": {"1 -> 2": "windows of the next step belong to no rank"},
    "H.3": {"norm > max_norm -> norm >= max_norm": TIE, "g @ g -> g @ g": ORDER},
}
