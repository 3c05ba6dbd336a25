"""Normalisation. PyTorch has its kinds; the operation beneath them is written out."""


def standardize(t, x, w=None, b=None, *, dim, eps=1e-5, center=True):
    if not center:
        z = x / (x.square().mean(dim, keepdim=True) + eps).sqrt()
    else:
        z = (x - x.mean(dim, keepdim=True)) / (x.var(dim, correction=0, keepdim=True) + eps).sqrt()
    z = z if w is None else z * w
    return z if b is None else z + b


def standardize_gradient(t, x, y, **options):
    """The gradient, by PyTorch's own differentiation, so that it can be differentiated again."""
    return t.autograd.grad(standardize(t, x, **options), x, y, create_graph=True)[0]


def standardize_weight(t, x, y, *, shape, **options):
    return (y * standardize(t, x, **options)).sum_to_size(shape)


DIFFERENT = {
    "standardize": standardize,
    "standardize_gradient": standardize_gradient,
    "standardize_weight": standardize_weight,
}
