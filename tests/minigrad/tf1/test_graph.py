"""Names, scopes, elements by name, order: the graph as data."""

import pytest

import minigrad.tf1 as tf


def test_names_are_unique_and_scoped(graph: tf.Graph) -> None:
    a = tf.constant(1.0)
    b = tf.constant(2.0)
    with tf.name_scope("layer"):
        c = tf.add(a, b)
        with tf.name_scope("inner"):
            d = c * b
    with tf.name_scope("layer"):
        e = tf.add(a, b)
    with tf.name_scope("layer/"):
        f = tf.add(a, b, name="again")
    names = [t.name for t in (a, b, c, d, e, f)]
    assert names == ["Const:0", "Const_1:0", "layer/Add:0", "layer/inner/mul:0", "layer_1/Add:0", "layer/again:0"]
    assert graph.unique_name("const") == "const_2"  # TensorFlow's names differ in more than capitals


def test_types_inputs_and_outputs() -> None:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    y = tf.matmul(x, tf.ones([3, 2]), name="y")
    assert (y.op.type, y.op.name, x.op.type) == ("MatMul", "y", "Placeholder")
    assert [t.name for t in y.op.inputs] == ["x:0", "ones:0"]
    assert y.op.outputs == [y]
    assert y.consumers() == []
    assert x.consumers() == [y.op]


def test_shapes_show_what_is_unknown() -> None:
    x = tf.placeholder(tf.float32, [None, 784])
    y = tf.reshape(x, [-1, 28, 28, 1])
    assert y.shape.as_list() == [None, 28, 28, 1]
    assert str(y.shape) == "(?, 28, 28, 1)"
    assert tf.reduce_sum(x, 1).get_shape().as_list() == [None]
    assert tf.concat([x, x], 0).shape.as_list() == [None, 784]
    assert (x[1:, 0].shape.as_list(), x[:, 2:10:3].shape.as_list()) == ([None], [None, 3])
    assert str(tf.placeholder(tf.float32).shape) == "<unknown>"
    assert tf.TensorShape([None, 3]).is_compatible_with([5, 3])
    assert not tf.TensorShape([None, 3]).is_compatible_with([5, 4])


def test_an_unknown_size_may_be_the_known_one_beside_it() -> None:
    x = tf.placeholder(tf.float32, [None, 10])
    assert (x + tf.ones([5, 10])).shape.as_list() == [5, 10]
    y = tf.placeholder(tf.float32, [None, None])
    assert tf.matmul(y, tf.ones([784, 10])).shape.as_list() == [None, 10]
    with pytest.raises(ValueError, match="do not broadcast"):
        x + tf.ones([5, 11])


def test_set_shape_adds_what_is_known() -> None:
    x = tf.placeholder(tf.float32)
    x.set_shape([None, 3])
    x.set_shape([4, None])
    assert x.shape.as_list() == [4, 3]
    with pytest.raises(ValueError, match="are not compatible"):
        x.set_shape([5, 3])


def test_elements_by_name(graph: tf.Graph) -> None:
    x = tf.placeholder(tf.float32, name="x")
    assert graph.get_tensor_by_name("x:0") is x
    assert graph.get_operation_by_name("x") is x.op
    assert graph.as_graph_element("x:0") is x
    with pytest.raises(KeyError, match="which does not exist"):
        graph.get_tensor_by_name("y:0")
    with pytest.raises(KeyError, match="which does not exist"):
        graph.get_tensor_by_name("x:1")
    with pytest.raises(ValueError, match="<operation>:<output index>"):
        graph.get_tensor_by_name("x")
    with pytest.raises(ValueError, match="not an element of this graph"):
        tf.Graph().as_graph_element(x)
    with pytest.raises(ValueError, match="is not a valid node name"):
        tf.constant(1, name="a b")


def test_tensors_of_two_graphs_do_not_mix() -> None:
    x = tf.constant(1.0)
    with tf.Graph().as_default():
        y = tf.constant(1.0)
    with pytest.raises(ValueError, match="must be from the same graph"):
        x + y


def test_control_dependencies_nest_and_can_be_forgotten() -> None:
    a, b = tf.no_op(), tf.no_op()
    with tf.control_dependencies([a]):
        with tf.control_dependencies([b]):
            inner = tf.no_op()
        with tf.control_dependencies(None):
            free = tf.no_op()
    assert inner.control_inputs == [a, b]
    assert free.control_inputs == []


def test_a_finalized_graph_takes_nothing(graph: tf.Graph) -> None:
    graph.finalize()
    with pytest.raises(RuntimeError, match="finalized and cannot be modified"):
        tf.constant(1)


def test_dtypes_are_not_converted_unasked() -> None:
    with pytest.raises(TypeError, match="has type int32 that does not match type float32 of argument 'x'"):
        tf.constant(1.0) + tf.constant(1)
    assert (tf.constant(1.0) + 1).dtype == tf.float32
    assert (1 - tf.constant(1.0)).dtype == tf.float32
    assert (tf.constant(7) / tf.constant(2)).dtype == tf.float64
    assert tf.constant([1, 2]).dtype == tf.int32


def test_a_tensor_has_no_value_in_python() -> None:
    x = tf.constant([1.0])
    with pytest.raises(TypeError, match=r"Using a `tf\.Tensor` as a Python `bool` is not allowed"):
        if x > 0:
            pass
    with pytest.raises(TypeError, match="only iterable when eager execution is enabled"):
        list(x)
    for use in (float, int, len):
        with pytest.raises(TypeError):
            use(x)


def test_variable_scopes_share() -> None:
    def layer() -> tf.Variable:
        with tf.variable_scope("layer", reuse=tf.AUTO_REUSE):
            return tf.get_variable("w", [2, 3])

    assert layer() is layer()
    assert layer().name == "layer/w:0"
    with tf.variable_scope("layer"), pytest.raises(ValueError, match="already exists, disallowed"):
        tf.get_variable("w", [2, 3])
    with tf.variable_scope("layer", reuse=True):
        with pytest.raises(ValueError, match="does not exist, or was not created with"):
            tf.get_variable("v", [2])
        with pytest.raises(ValueError, match="Trying to share variable layer/w"):
            tf.get_variable("w", [3, 3])
    assert [v.op.name for v in tf.trainable_variables()] == ["layer/w"]
    with tf.variable_scope(None, "dense") as first, tf.variable_scope(None, "dense") as second:
        assert (first.name, second.name) == ("dense", "dense/dense")
    with tf.variable_scope(None, "dense") as third:
        assert third.name == "dense_1"
    for _ in range(2):
        with tf.variable_scope("net", reuse=tf.AUTO_REUSE):
            tf.layers.dense(tf.ones([1, 2]), 3)
            tf.layers.dense(tf.ones([1, 2]), 3)
    kernels = [v.op.name for v in tf.global_variables("net") if "kernel" in v.name]
    assert kernels == ["net/dense/kernel", "net/dense_1/kernel"]
