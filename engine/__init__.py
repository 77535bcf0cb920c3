"""The engine: scalar and tensor autodiff that records every forward and backward step."""

from __future__ import annotations

from engine import methods as _methods
from engine import operators as _operators
from engine.arrays import tensors as _tensors
from engine.ops.functional import abs as abs
from engine.ops.functional import add as add
from engine.ops.functional import binary_cross_entropy as binary_cross_entropy
from engine.ops.functional import (
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
)
from engine.ops.functional import broadcast_to as broadcast_to
from engine.ops.functional import clip as clip
from engine.ops.functional import concatenate as concatenate
from engine.ops.functional import conv as conv
from engine.ops.functional import conv_full as conv_full
from engine.ops.functional import corr as corr
from engine.ops.functional import corr_full as corr_full
from engine.ops.functional import cos as cos
from engine.ops.functional import cosh as cosh
from engine.ops.functional import cross_entropy as cross_entropy
from engine.ops.functional import (
    cross_entropy_from_probabilities as cross_entropy_from_probabilities,
)
from engine.ops.functional import cumsum as cumsum
from engine.ops.functional import diag as diag
from engine.ops.functional import div as div
from engine.ops.functional import dot as dot
from engine.ops.functional import einsum as einsum
from engine.ops.functional import elu as elu
from engine.ops.functional import eq as eq
from engine.ops.functional import erf as erf
from engine.ops.functional import exp as exp
from engine.ops.functional import expand as expand
from engine.ops.functional import expand_dims as expand_dims
from engine.ops.functional import expm1 as expm1
from engine.ops.functional import flip as flip
from engine.ops.functional import floor as floor
from engine.ops.functional import ge as ge
from engine.ops.functional import gelu as gelu
from engine.ops.functional import gt as gt
from engine.ops.functional import hinge as hinge
from engine.ops.functional import le as le
from engine.ops.functional import leaky_relu as leaky_relu
from engine.ops.functional import log as log
from engine.ops.functional import log1p as log1p
from engine.ops.functional import log_softmax as log_softmax
from engine.ops.functional import logaddexp as logaddexp
from engine.ops.functional import logsumexp as logsumexp
from engine.ops.functional import lt as lt
from engine.ops.functional import margin_ranking as margin_ranking
from engine.ops.functional import matmul as matmul
from engine.ops.functional import max as max
from engine.ops.functional import maximum as maximum
from engine.ops.functional import maxout as maxout
from engine.ops.functional import mean as mean
from engine.ops.functional import min as min
from engine.ops.functional import minimum as minimum
from engine.ops.functional import mse as mse
from engine.ops.functional import mul as mul
from engine.ops.functional import multilabel_cross_entropy as multilabel_cross_entropy
from engine.ops.functional import ne as ne
from engine.ops.functional import neg as neg
from engine.ops.functional import outer as outer
from engine.ops.functional import pad as pad
from engine.ops.functional import pow as pow
from engine.ops.functional import prelu as prelu
from engine.ops.functional import prod as prod
from engine.ops.functional import relu as relu
from engine.ops.functional import reshape as reshape
from engine.ops.functional import scatter as scatter
from engine.ops.functional import sigmoid as sigmoid
from engine.ops.functional import sign as sign
from engine.ops.functional import sin as sin
from engine.ops.functional import sine as sine
from engine.ops.functional import sinh as sinh
from engine.ops.functional import softmax as softmax
from engine.ops.functional import softplus as softplus
from engine.ops.functional import sqrt as sqrt
from engine.ops.functional import square as square
from engine.ops.functional import squeeze as squeeze
from engine.ops.functional import stack as stack
from engine.ops.functional import step as _step
from engine.ops.functional import sub as sub
from engine.ops.functional import sum as sum
from engine.ops.functional import swish as swish
from engine.ops.functional import take as take
from engine.ops.functional import tanh as tanh
from engine.ops.functional import transpose as transpose
from engine.ops.functional import where as where
from engine.ops.functional import windows as windows
from engine.ops.functional import write as write
from engine.recording import record as record
from engine.recording import record_with as record_with
from engine.recording import step as step
from engine.state import no_grad as no_grad
from engine.state import scope as scope
from engine.tensor import Tensor as Tensor
from engine.trace import Event as Event
from engine.trace import Node as Node
from engine.trace import Trace as Trace
from engine.transforms import jacobian as jacobian

# The op `step` by its other name: `engine.step` is a step of gradient descent.
heaviside = _step

_operators.install()
_methods.install()
_tensors.install()
