"""The fields of nets, of what all layers share, and of solvers (see schema.py for how to read the table)."""

NETS = """
NetParameter:
    name string
    input string *
    input_shape BlobShape *
    input_dim int32 *
    force_backward bool
    state NetState
    debug_info bool
    layer LayerParameter *
    layers V1LayerParameter *

BlobShape:
    dim int64 *

NetState:
    phase {TRAIN TEST} = TEST
    level int32, stage string *

NetStateRule:
    phase {TRAIN TEST}
    min_level int32, max_level int32, stage string *, not_stage string *

ParamSpec:
    name string
    share_mode {STRICT PERMISSIVE}
    lr_mult float = 1, decay_mult float = 1

FillerParameter:
    type string = constant
    value float, min float, max float = 1, mean float, std float = 1, sparse int32 = -1
    variance_norm {FAN_IN FAN_OUT AVERAGE}

LayerParameter:
    name string
    type string
    bottom string *
    top string *
    phase {TRAIN TEST}
    loss_weight float *
    param ParamSpec *
    propagate_down bool *
    include NetStateRule *
    exclude NetStateRule *
    transform_param TransformationParameter
    loss_param LossParameter
    accuracy_param AccuracyParameter
    argmax_param ArgMaxParameter
    batch_norm_param BatchNormParameter
    bias_param BiasParameter
    concat_param ConcatParameter
    contrastive_loss_param ContrastiveLossParameter
    convolution_param ConvolutionParameter
    crop_param CropParameter
    data_param DataParameter
    dropout_param DropoutParameter
    dummy_data_param DummyDataParameter
    eltwise_param EltwiseParameter
    elu_param ELUParameter
    embed_param EmbedParameter
    exp_param ExpParameter
    flatten_param FlattenParameter
    hdf5_data_param HDF5DataParameter
    hdf5_output_param HDF5OutputParameter
    hinge_loss_param HingeLossParameter
    image_data_param ImageDataParameter
    infogain_loss_param InfogainLossParameter
    inner_product_param InnerProductParameter
    input_param InputParameter
    log_param LogParameter
    lrn_param LRNParameter
    memory_data_param MemoryDataParameter
    mvn_param MVNParameter
    parameter_param ParameterParameter
    pooling_param PoolingParameter
    power_param PowerParameter
    prelu_param PReLUParameter
    python_param PythonParameter
    recurrent_param RecurrentParameter
    reduction_param ReductionParameter
    relu_param ReLUParameter
    reshape_param ReshapeParameter
    scale_param ScaleParameter
    sigmoid_param SigmoidParameter
    slice_param SliceParameter
    softmax_param SoftmaxParameter
    spp_param SPPParameter
    tanh_param TanHParameter
    threshold_param ThresholdParameter
    tile_param TileParameter
    window_data_param WindowDataParameter

V1LayerParameter:
    name string
    type {NONE ACCURACY BNLL CONCAT CONVOLUTION DATA DROPOUT EUCLIDEAN_LOSS FLATTEN HDF5_DATA HDF5_OUTPUT
        IM2COL IMAGE_DATA INFOGAIN_LOSS INNER_PRODUCT LRN MULTINOMIAL_LOGISTIC_LOSS POOLING RELU SIGMOID
        SOFTMAX SOFTMAX_LOSS SPLIT TANH WINDOW_DATA ELTWISE POWER SIGMOID_CROSS_ENTROPY_LOSS HINGE_LOSS
        MEMORY_DATA ARGMAX THRESHOLD DUMMY_DATA SLICE MVN ABSVAL SILENCE CONTRASTIVE_LOSS EXP DECONVOLUTION}
    bottom string *
    top string *
    loss_weight float *
    param string *
    blob_share_mode {STRICT PERMISSIVE} *
    blobs_lr float *
    weight_decay float *
    include NetStateRule *
    exclude NetStateRule *
    layer V0LayerParameter

V0LayerParameter:
    name string, type string
    num_output uint32, biasterm bool = true, weight_filler FillerParameter, bias_filler FillerParameter
    pad uint32, kernelsize uint32, group uint32 = 1, stride uint32 = 1
    pool {MAX AVE STOCHASTIC}
    dropout_ratio float = 0.5
    local_size uint32 = 5, alpha float = 1, beta float = 0.75, k float = 1
    source string, batchsize uint32, scale float = 1, meanfile string, cropsize uint32, mirror bool
    blobs_lr float *, weight_decay float *
    rand_skip uint32, shuffle_images bool, new_height int32, new_width int32, concat_dim uint32 = 1
    det_fg_threshold float = 0.5, det_bg_threshold float = 0.5, det_fg_fraction float = 0.25
    det_context_pad uint32, det_crop_mode string = warp
    hdf5_output_param HDF5OutputParameter

SolverParameter:
    net string
    net_param NetParameter
    train_net string
    test_net string *
    train_net_param NetParameter
    test_net_param NetParameter *
    train_state NetState
    test_state NetState *
    test_iter int32 *
    test_interval int32
    test_compute_loss bool
    test_initialization bool = true
    base_lr float
    display int32
    average_loss int32 = 1
    max_iter int32
    iter_size int32 = 1
    lr_policy string
    gamma float
    power float
    momentum float
    weight_decay float
    regularization_type string = L2
    stepsize int32
    stepvalue int32 *
    clip_gradients float = -1
    snapshot int32
    snapshot_prefix string
    snapshot_diff bool
    snapshot_format {HDF5 BINARYPROTO} = BINARYPROTO
    solver_mode {CPU GPU} = GPU
    device_id int32
    random_seed int64 = -1
    type string = SGD
    delta float = 1e-8
    momentum2 float = 0.999
    rms_decay float = 0.99
    debug_info bool
    snapshot_after_train bool = true
    solver_type {SGD NESTEROV ADAGRAD RMSPROP ADADELTA ADAM}
    layer_wise_reduce bool = true
"""
