"""Where numbers come into a net: from Python, from arrays, from a file, or made up."""

from __future__ import annotations

from minigrad.caffe.fillers import fill, write
from minigrad.caffe.layer import Layer
from minigrad.caffe.message import Message
from minigrad.caffe.registry import register_layer


class DataLayer(Layer):
    """A layer without bottoms: nothing learns below it, so it never runs backward."""

    exact_num_bottom_blobs = 0
    min_top_blobs = 1
    backward_reads = frozenset()

    def reshape(self, bottom, top):
        """The shapes are those of the data, given in `setup`."""

    def backward(self, top, propagate_down, bottom):
        """Data has no gradient to pass on."""


@register_layer("Input")
class Input(DataLayer):
    """Blobs of given shapes, into which the program writes: `net.forward(data=images)`."""

    def setup(self, bottom, top):
        shapes = list(self.layer_param.input_param.shape)
        if len(shapes) not in (0, 1, len(top)):
            raise self.error(
                "must have one shape for all of its tops, or one for each.",
                got=f"{len(shapes)} shapes, {len(top)} tops",
                expected=f"input_param {{ shape {{ dim: … }} }}, once or {len(top)} times",
            )
        for i, blob in enumerate(top if shapes else ()):
            blob.reshape(tuple(shapes[i if len(shapes) > 1 else 0].dim))

    def forward(self, bottom, top):
        """Nothing: the program wrote the data."""


@register_layer("DummyData")
class DummyData(DataLayer):
    """Made-up data: tops of given shapes and fillers. What a constant fills is filled once, the rest anew in every forward."""

    def setup(self, bottom, top):
        p = self.layer_param.dummy_data_param
        fillers = list(p.data_filler) or [Message("FillerParameter")]
        shapes = [tuple(shape.dim) for shape in p.shape] or list(
            zip(p.num, p.channels, p.height, p.width, strict=False)
        )
        for name, given in (("data_filler", fillers), ("shape", shapes)):
            if len(given) not in (1, len(top)):
                raise self.error(
                    f"must have one {name} for all of its tops, or one for each.",
                    got=f"{len(given)} for {len(top)} tops",
                    expected=f"1 or {len(top)}",
                )
        self._anew = []
        for i, blob in enumerate(top):
            blob.reshape(shapes[i if len(shapes) > 1 else 0])
            filler = fillers[i if len(fillers) > 1 else 0]
            fill(blob, filler)
            if filler.type != "constant":
                self._anew.append((i, filler))

    def forward(self, bottom, top):
        for i, filler in self._anew:
            write(top[i].data, filler)
