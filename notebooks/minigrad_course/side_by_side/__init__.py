"""The same three networks in three frameworks, as a user of each would write them; and one face to train them with.

| file | |
| --- | --- |
| `imperative` | PyTorch's way: modules; compiled, the same program is a graph |
| `in_caffe` | Caffe 1.0: layers and blobs |
| `in_tf1` | TensorFlow 1.0: a declared graph |
| `training` | one step in each of them, from the same weights |
"""
