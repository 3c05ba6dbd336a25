"""Data that is there: arrays in memory, and arrays in a file."""

from __future__ import annotations

from pathlib import Path

import numpy

from minigrad.caffe.layer_types.data import DataLayer
from minigrad.caffe.registry import register_layer
from minigrad.caffe.weights import arrays_of
from minigrad.random import default_generator


@register_layer("MemoryData")
class MemoryData(DataLayer):
    """Batches of the arrays given by `net.set_input_arrays(data, labels)`, in order, and from the start again at the end."""

    exact_num_top_blobs = 2

    def setup(self, bottom, top):
        p = self.layer_param.memory_data_param
        self.batch = p.batch_size
        shape = (p.batch_size, p.channels, p.height, p.width)
        if min(shape) < 1:
            raise self.error(
                "needs the shape of its batches.",
                got=str(shape),
                expected="memory_data_param { batch_size: 64 channels: 1 height: 8 width: 8 }",
            )
        if self.layer_param.has("transform_param"):
            raise self.error(
                "takes arrays as they are.", got="transform_param", hint="change the arrays before they are given"
            )
        top[0].reshape(shape)
        top[1].reshape(p.batch_size)
        self._data = self._labels = None
        self.position = 0

    def set_input_arrays(self, data, labels) -> None:
        """Take these arrays: data (n, C, H, W), labels n; n is a multiple of the batch size. Begin with the first."""
        p = self.layer_param.memory_data_param
        data, labels = numpy.asarray(data), numpy.asarray(labels)
        wanted = (p.channels, p.height, p.width)
        if data.shape[1:] != wanted or labels.size != len(data) or not len(data) or len(data) % self.batch:
            raise self.error(
                "cannot take these arrays.",
                got=f"data {data.shape}, labels {labels.shape}",
                expected=f"(n, {', '.join(map(str, wanted))}) and n labels, n a multiple of {self.batch}",
                hint=f"data[: len(data) // {self.batch} * {self.batch}]",
            )
        self._data, self._labels, self.position = data, labels.reshape(-1), 0

    def forward(self, bottom, top):
        if self._data is None or self._labels is None:
            raise self.error(
                "has no data yet.", expected="arrays", hint="net.set_input_arrays(data, labels) before forward"
            )
        chosen = slice(self.position, self.position + self.batch)
        top[0].data, top[1].data = self._data[chosen], self._labels[chosen]
        self.position = (self.position + self.batch) % len(self._data)


@register_layer("Data")
class Data(DataLayer):
    """Batches from a `.npz` file with the arrays `data`, (n, C, H, W), and `label`, n; over and over, in order.

    `transform_param`: a square of `crop_size` is cut out (at random in training, from the middle in testing), `mean_value` is
    taken away (one, or one for each channel), `scale` multiplies, and with `mirror` every other image, at random, is turned.
    """

    exact_num_top_blobs = None
    min_top_blobs = 1
    max_top_blobs = 2

    def setup(self, bottom, top):
        p, t = self.layer_param.data_param, self.layer_param.transform_param
        self._data, self._labels = self._read(p.source)
        shape = self._data.shape
        if p.batch_size < 1:
            raise self.error("needs the size of its batches.", expected="data_param { batch_size: 64 }")
        if t.has("mean_file"):
            raise self.error(
                "cannot read a mean from a file.",
                got=f"mean_file: {t.mean_file!r}",
                expected="mean_value: one, or one for each channel",
            )
        if len(t.mean_value) not in (0, 1, shape[1]):
            raise self.error(
                "has means for another number of channels.",
                got=f"{len(t.mean_value)} mean_value",
                expected=f"1 or {shape[1]}",
            )
        if t.crop_size > min(shape[2:]):
            raise self.error(
                "cannot cut out more than there is.",
                got=f"crop_size: {t.crop_size}",
                expected=f"at most {min(shape[2:])}",
            )
        plane = (t.crop_size, t.crop_size) if t.crop_size else shape[2:]
        top[0].reshape(p.batch_size, shape[1], *plane)
        if len(top) > 1:
            top[1].reshape(p.batch_size)
        self.position = int(default_generator().stream.integers(p.rand_skip)) if p.rand_skip else 0

    def forward(self, bottom, top):
        size, n = self.layer_param.data_param.batch_size, len(self._data)
        chosen = numpy.arange(self.position, self.position + size) % n
        self.position = (self.position + size) % n
        top[0].data = self._transformed(self._data[chosen], top[0].shape[2:])
        if len(top) > 1:
            top[1].data = self._labels[chosen]

    def _transformed(self, images, plane):
        t, stream = self.layer_param.transform_param, default_generator().stream
        n, training = len(images), self.phase == "TRAIN"
        spare = [size - kept for size, kept in zip(images.shape[2:], plane, strict=True)]
        if any(spare) and training:
            starts = numpy.stack([stream.integers(0, s + 1, n) for s in spare], 1)
            images = numpy.stack(
                [x[:, a : a + plane[0], b : b + plane[1]] for x, (a, b) in zip(images, starts, strict=True)]
            )
        elif any(spare):
            a, b = (s // 2 for s in spare)
            images = images[:, :, a : a + plane[0], b : b + plane[1]]
        images = images.astype(self.dtype)
        if t.mean_value:
            images -= numpy.asarray(t.mean_value, images.dtype).reshape(-1, 1, 1)
        if t.scale != 1:
            images *= t.scale
        if t.mirror:
            turned = stream.random(n) < 0.5
            images[turned] = images[turned, :, :, ::-1]
        return images

    def _read(self, source):
        path = Path(source)
        if not source or path.suffix != ".npz":
            kind = "an LMDB or LevelDB database" if path.is_dir() or not path.suffix else f"a file {path.suffix}"
            raise self.error(
                "reads arrays from a .npz file, and no database.",
                got=f"source: {source!r}, {kind}" if source else "no source",
                expected='source: "digits.npz" with the arrays data (n, C, H, W) and label (n)',
                hint="numpy.savez(path, data=images, label=labels); or MemoryData, for arrays in memory",
            )
        if not path.is_file():
            raise self.error(
                "does not find its file.",
                got=f"source: {source!r}",
                expected="a path from the current folder",
                hint=f"it is {Path.cwd()}",
            )
        arrays = arrays_of(path)
        labels = arrays.get("label", arrays.get("labels"))
        data = arrays.get("data")
        if data is None or labels is None or data.ndim != 4 or labels.size != len(data) or not len(data):
            raise self.error(
                f"does not find what it needs in {source!r}.",
                got=", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "no arrays",
                expected="data (n, C, H, W) and label (n)",
                hint="numpy.savez(path, data=images, label=labels)",
            )
        return data, labels.reshape(-1)
