"""Losses."""


def named(name):
    """The loss of that name in `torch.nn.functional`."""
    return lambda t, *inputs, **p: getattr(t.nn.functional, name)(*inputs, **p)


def weighted_cross_entropy(t, x, target, weight=None, **p):
    """PyTorch differentiates by the weights of classes only if the cross-entropy is written out."""
    if weight is None or target.is_floating_point():
        return t.nn.functional.cross_entropy(x, target, weight, **p)
    smoothing = p.pop("label_smoothing")
    logs = t.log_softmax(x, 1)
    true = (1 - smoothing) * t.nn.functional.one_hot(target, x.shape[1]).to(x.dtype) + smoothing / x.shape[1]
    return -(true * logs * weight).sum() / weight[target].sum()


def nll_loss(t, x, target, weight=None, **p):
    if weight is None:
        return t.nn.functional.nll_loss(x, target, **p)
    return -(x.take_along_dim(target.unsqueeze(1), 1)[:, 0] * weight[target]).sum() / weight[target].sum()


def binary_cross_entropy(t, x, y, weight=None, **p):
    if weight is None:
        return t.nn.functional.binary_cross_entropy(x, y, **p)
    return (t.nn.functional.binary_cross_entropy(x, y, reduction="none") * weight).sum()


def binary_cross_entropy_with_logits(t, x, y, weight=None, pos_weight=None, *, reduction="mean"):
    """PyTorch does not differentiate by the weight of the positive class: here the loss is written out."""
    yes, no = t.nn.functional.logsigmoid(x), t.nn.functional.logsigmoid(-x)
    z = -(yes * y if pos_weight is None else pos_weight * yes * y) - no * (1 - y)
    z = z if weight is None else z * weight
    return z if reduction == "none" else getattr(z, reduction)()


def kl_div(t, x, y, *, reduction="mean", log_target=False):
    """PyTorch warns that its mean is over all elements."""
    z = t.nn.functional.kl_div(x, y, reduction="none" if reduction == "mean" else reduction, log_target=log_target)
    return z.mean() if reduction == "mean" else z


def softmax_error(t, x, target, y, *, ignore_index=-100, reduction="mean"):
    rows = t.nn.functional.one_hot(target, x.shape[1])
    if x.ndim > 2:
        rows = rows.movedim(-1, 1)
    kept = target != ignore_index
    y = y / kept.sum() if reduction == "mean" else y
    return (t.softmax(x, 1) - rows) * t.where(kept, y, 0.0).unsqueeze(1)


DIFFERENT = {
    **{name: named(name) for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")},
    "kl_div": kl_div,
    "cross_entropy": weighted_cross_entropy,
    "nll_loss": nll_loss,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "softmax_error": softmax_error,
}
