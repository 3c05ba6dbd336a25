"""The fields of each layer's parameters, in alphabetical order (see schema.py for how to read the table)."""

LAYERS = """
TransformationParameter:
    scale float = 1, mirror bool, crop_size uint32
    mean_file string, mean_value float *
    force_color bool, force_gray bool

LossParameter:
    ignore_label int32
    normalization {FULL VALID BATCH_SIZE NONE} = VALID
    normalize bool

AccuracyParameter:
    top_k uint32 = 1, axis int32 = 1, ignore_label int32

ArgMaxParameter:
    out_max_val bool, top_k uint32 = 1, axis int32

BatchNormParameter:
    use_global_stats bool, moving_average_fraction float = 0.999, eps float = 1e-5

BiasParameter:
    axis int32 = 1, num_axes int32 = 1
    filler FillerParameter

ConcatParameter:
    axis int32 = 1, concat_dim uint32 = 1

ContrastiveLossParameter:
    margin float = 1, legacy_version bool

ConvolutionParameter:
    num_output uint32, bias_term bool = true
    pad uint32 *, kernel_size uint32 *, stride uint32 *, dilation uint32 *
    pad_h uint32, pad_w uint32, kernel_h uint32, kernel_w uint32, stride_h uint32, stride_w uint32
    group uint32 = 1
    weight_filler FillerParameter, bias_filler FillerParameter
    engine {DEFAULT CAFFE CUDNN}
    axis int32 = 1, force_nd_im2col bool

CropParameter:
    axis int32 = 2, offset uint32 *

DataParameter:
    source string, batch_size uint32, rand_skip uint32
    backend {LEVELDB LMDB}
    scale float = 1, mean_file string, crop_size uint32, mirror bool
    force_encoded_color bool, prefetch uint32 = 4

DropoutParameter:
    dropout_ratio float = 0.5

DummyDataParameter:
    data_filler FillerParameter *, shape BlobShape *
    num uint32 *, channels uint32 *, height uint32 *, width uint32 *

EltwiseParameter:
    operation {PROD SUM MAX} = SUM
    coeff float *, stable_prod_grad bool = true

ELUParameter:
    alpha float = 1

EmbedParameter:
    num_output uint32, input_dim uint32, bias_term bool = true
    weight_filler FillerParameter, bias_filler FillerParameter

ExpParameter:
    base float = -1, scale float = 1, shift float

FlattenParameter:
    axis int32 = 1, end_axis int32 = -1

HDF5DataParameter:
    source string, batch_size uint32, shuffle bool

HDF5OutputParameter:
    file_name string

HingeLossParameter:
    norm {L1=1 L2}

ImageDataParameter:
    source string, batch_size uint32 = 1, rand_skip uint32, shuffle bool
    new_height uint32, new_width uint32, is_color bool = true
    scale float = 1, mean_file string, crop_size uint32, mirror bool, root_folder string

InfogainLossParameter:
    source string, axis int32 = 1

InnerProductParameter:
    num_output uint32, bias_term bool = true
    weight_filler FillerParameter, bias_filler FillerParameter
    axis int32 = 1, transpose bool

InputParameter:
    shape BlobShape *

LogParameter:
    base float = -1, scale float = 1, shift float

LRNParameter:
    local_size uint32 = 5, alpha float = 1, beta float = 0.75
    norm_region {ACROSS_CHANNELS WITHIN_CHANNEL}
    k float = 1
    engine {DEFAULT CAFFE CUDNN}

MemoryDataParameter:
    batch_size uint32, channels uint32, height uint32, width uint32

MVNParameter:
    normalize_variance bool = true, across_channels bool, eps float = 1e-9

ParameterParameter:
    shape BlobShape

PoolingParameter:
    pool {MAX AVE STOCHASTIC}
    pad uint32, pad_h uint32, pad_w uint32
    kernel_size uint32, kernel_h uint32, kernel_w uint32
    stride uint32 = 1, stride_h uint32, stride_w uint32
    engine {DEFAULT CAFFE CUDNN}
    global_pooling bool

PowerParameter:
    power float = 1, scale float = 1, shift float

PReLUParameter:
    filler FillerParameter
    channel_shared bool

PythonParameter:
    module string, layer string, param_str string
    share_in_parallel bool

RecurrentParameter:
    num_output uint32
    weight_filler FillerParameter, bias_filler FillerParameter
    debug_info bool, expose_hidden bool

ReductionParameter:
    operation {SUM=1 ASUM SUMSQ MEAN}
    axis int32, coeff float = 1

ReLUParameter:
    negative_slope float
    engine {DEFAULT CAFFE CUDNN}

ReshapeParameter:
    shape BlobShape
    axis int32, num_axes int32 = -1

ScaleParameter:
    axis int32 = 1, num_axes int32 = 1
    filler FillerParameter
    bias_term bool, bias_filler FillerParameter

SigmoidParameter:
    engine {DEFAULT CAFFE CUDNN}

SliceParameter:
    axis int32 = 1, slice_point uint32 *, slice_dim uint32 = 1

SoftmaxParameter:
    engine {DEFAULT CAFFE CUDNN}
    axis int32 = 1

SPPParameter:
    pyramid_height uint32
    pool {MAX AVE STOCHASTIC}
    engine {DEFAULT CAFFE CUDNN}

TanHParameter:
    engine {DEFAULT CAFFE CUDNN}

ThresholdParameter:
    threshold float

TileParameter:
    axis int32 = 1, tiles int32

WindowDataParameter:
    source string, scale float = 1, mean_file string, batch_size uint32, crop_size uint32, mirror bool
    fg_threshold float = 0.5, bg_threshold float = 0.5, fg_fraction float = 0.25
    context_pad uint32, crop_mode string = warp, cache_images bool, root_folder string
"""
