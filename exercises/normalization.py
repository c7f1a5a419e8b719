"""Exercises of notebook 03, normalization. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

from exercises.judge import exercise, randn


def norm_inputs(rng, case):
    """x of one to three axes, scale, eps; also tiny numbers, and a token of zeros."""
    D = rng.randint(6, 9)
    shape = {0: (D,), 1: (3, D)}.get(case, (2, rng.randint(3, 5), D))
    x = 2 * randn(rng, *shape) + 1
    if case == 2:
        x /= 100
    if case == 3:
        x[0, 0] = 0
    return x, 2 * randn(rng, D), rng.choice([0.1, 0.2, 0.5])


@exercise("3.1", norm_inputs)
def rms_norm(x, scale, eps):
    return scale * x / (x.square().mean(-1, keepdim=True) + eps).sqrt()


@rms_norm.mistake("you subtracted the mean: that is LayerNorm, RMSNorm leaves it in")
def _(x, scale, eps):
    x = x - x.mean(-1, keepdim=True)
    return rms_norm(x, scale, eps)


@rms_norm.mistake("you divided by the standard deviation: the root mean square is "
                  "taken about 0, not about the mean")
def _(x, scale, eps):
    return scale * x / (x.var(-1, keepdim=True, unbiased=False) + eps).sqrt()


@rms_norm.mistake("eps stands outside the root: it belongs inside")
def _(x, scale, eps):
    return scale * x / (x.square().mean(-1, keepdim=True).sqrt() + eps)


@rms_norm.mistake("you forgot eps")
def _(x, scale, eps):
    return rms_norm(x, scale, 0)


@rms_norm.mistake("you summed the squares: take their mean over the D features")
def _(x, scale, eps):
    return scale * x / (x.square().sum(-1, keepdim=True) + eps).sqrt()


@rms_norm.mistake("the mean runs over the tokens: take it over the features, the last "
                  "axis")
def _(x, scale, eps):
    return scale * x / (x.square().mean(-2, keepdim=True) + eps).sqrt()


@rms_norm.mistake("you took one mean over everything: each token has its own")
def _(x, scale, eps):
    return scale * x / (x.square().mean() + eps).sqrt()


@rms_norm.mistake("the root is missing: you divided by the mean square")
def _(x, scale, eps):
    return scale * x / (x.square().mean(-1, keepdim=True) + eps)


@rms_norm.mistake("you forgot scale")
def _(x, scale, eps):
    return rms_norm(x, 1, eps)


def fold_inputs(rng, case):
    """scale, shift, W, b; one scale may be zero, and D may be 1."""
    D = 1 if case == 0 else rng.randint(4, 7)
    scale = randn(rng, D) + 2
    if case == 1:
        scale[rng.randrange(D)] = 0
    return scale, 2 * randn(rng, D), randn(rng, D, D), randn(rng, D)


@exercise("3.2", fold_inputs)
def fold(scale, shift, W, b):
    return W * scale, b + W @ shift


@fold.mistake("you scaled the rows of W, its outputs: scale belongs to the inputs, "
              "which are the columns")
def _(scale, shift, W, b):
    return W * scale[:, None], b + W @ shift


@fold.mistake("you forgot shift: the new bias is not the old one")
def _(scale, shift, W, b):
    return W * scale, b


@fold.mistake("you scaled the bias too: b is added after W, scale acts before it")
def _(scale, shift, W, b):
    return W * scale, scale * b + W @ shift


@fold.mistake("you added shift to the bias as it is: it passes through W first")
def _(scale, shift, W, b):
    return W * scale, b + shift


@fold.mistake("you sent shift through the folded W': shift is added after the scaling, "
              "so it meets the old W")
def _(scale, shift, W, b):
    return W * scale, b + (W * scale) @ shift


@fold.mistake("you sent shift through W transposed: W is (out, in), so it is W @ shift")
def _(scale, shift, W, b):
    return W * scale, b + shift @ W


@fold.mistake("the new bias is right, but scale is missing in W'")
def _(scale, shift, W, b):
    return W, b + W @ shift


@fold.mistake("you divided W by scale: multiply")
def _(scale, shift, W, b):
    return W / scale, b + W @ shift


def gradient_inputs(rng, case):
    """x, scale, eps, grad_out; also one token, and tokens that hardly vary."""
    T, D = 1 if case == 0 else rng.randint(3, 5), rng.randint(4, 6)
    x = (0.1 if case == 1 else 2) * randn(rng, T, D) + 1
    return x, 2 * randn(rng, D), rng.choice([0.1, 0.2, 0.5]), randn(rng, T, D) + 1


def normalised(x, eps):
    """x at mean 0 and variance 1, and what it was divided by."""
    root = (x.var(-1, keepdim=True, unbiased=False) + eps).sqrt()
    return (x - x.mean(-1, keepdim=True)) / root, root


def backward(x, eps, g, mean=1, projection=1):
    """The gradient for x from g, the one for the normalised x; 0 leaves a term out."""
    n, root = normalised(x, eps)
    return (g - mean * g.mean(-1, keepdim=True)
            - projection * n * (g * n).mean(-1, keepdim=True)) / root


@exercise("3.3", gradient_inputs)
def layer_norm_gradient(x, scale, eps, grad_out):
    return backward(x, eps, scale * grad_out)


@layer_norm_gradient.mistake("you treated mean and variance as constants: x changes "
                             "them, too")
def _(x, scale, eps, grad_out):
    return backward(x, eps, scale * grad_out, mean=0, projection=0)


@layer_norm_gradient.mistake("the way through the mean is missing: every feature moves "
                             "it a little")
def _(x, scale, eps, grad_out):
    return backward(x, eps, scale * grad_out, mean=0)


@layer_norm_gradient.mistake("the way through the variance is missing: every feature "
                             "moves it a little")
def _(x, scale, eps, grad_out):
    return backward(x, eps, scale * grad_out, projection=0)


@layer_norm_gradient.mistake("the way through the variance has the wrong sign: "
                             "subtract it")
def _(x, scale, eps, grad_out):
    return backward(x, eps, scale * grad_out, projection=-1)


@layer_norm_gradient.mistake("you forgot scale")
def _(x, scale, eps, grad_out):
    return backward(x, eps, grad_out)


@layer_norm_gradient.mistake("you multiplied by scale at the end: going backwards it "
                             "comes first, before the means are taken")
def _(x, scale, eps, grad_out):
    return scale * backward(x, eps, grad_out)


@layer_norm_gradient.mistake("you forgot to divide by the root of the variance")
def _(x, scale, eps, grad_out):
    return backward(x, eps, scale * grad_out) * normalised(x, eps)[1]


@layer_norm_gradient.mistake("you summed where means belong: both terms have a factor "
                             "1/D")
def _(x, scale, eps, grad_out):
    D = x.shape[-1]
    return backward(x, eps, scale * grad_out, mean=D, projection=D)


@layer_norm_gradient.mistake("you forgot eps")
def _(x, scale, eps, grad_out):
    return backward(x, 0, scale * grad_out)


@layer_norm_gradient.mistake("that is the gradient for scale: the one for x is asked")
def _(x, scale, eps, grad_out):
    return (grad_out * normalised(x, eps)[0]).sum(0)


def sums_inputs(rng, case):
    """Sums of numbers; also of one number, of equal ones, of negative ones."""
    numbers = [rng.gauss(-3 if case == 2 else 3, 2) for _ in range(rng.randint(4, 9))]
    if case < 2:
        numbers = [float(rng.randint(2, 9))] * (1 + 3 * case)
    return len(numbers), sum(numbers), sum(x * x for x in numbers)


@exercise("3.4", sums_inputs)
def mean_and_variance(count, total, total_squares):
    mean = total / count
    return mean, total_squares / count - mean ** 2


@mean_and_variance.mistake("your variance is the unbiased one: LayerNorm divides by "
                           "count, not by count − 1")
def _(count, total, total_squares):
    mean, variance = mean_and_variance(count, total, total_squares)
    return mean, variance * count / (count - 1)


@mean_and_variance.mistake("your variance is the mean of the squares: subtract the "
                           "square of the mean")
def _(count, total, total_squares):
    return total / count, total_squares / count


@mean_and_variance.mistake("your second number is the standard deviation: leave the "
                           "root out")
def _(count, total, total_squares):
    mean, variance = mean_and_variance(count, total, total_squares)
    return mean, variance ** 0.5


@mean_and_variance.mistake("you subtracted total² / count: in the square of the mean "
                           "the count is squared, too")
def _(count, total, total_squares):
    return total / count, total_squares / count - total ** 2 / count


@mean_and_variance.mistake("you subtracted the mean, not its square")
def _(count, total, total_squares):
    return total / count, total_squares / count - total / count


@mean_and_variance.mistake("you subtracted before dividing: divide the sum of the "
                           "squares first")
def _(count, total, total_squares):
    return total / count, (total_squares - (total / count) ** 2) / count


@mean_and_variance.mistake("that is count times the variance: divide it by count")
def _(count, total, total_squares):
    return total / count, total_squares - total ** 2 / count


@mean_and_variance.mistake("the order is mean, then variance")
def _(count, total, total_squares):
    return mean_and_variance(count, total, total_squares)[::-1]
