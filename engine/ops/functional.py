"""Every op as a function: `engine.exp(x)`, `engine.sum(x, axis=0)`, `engine.stack([a, b])`.

Operands are Tensors, arrays or numbers; the result is a Tensor. The names are those of the
registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.ops.activations import elu as elu
from engine.ops.activations import gelu as gelu
from engine.ops.activations import leaky_relu as leaky_relu
from engine.ops.activations import maxout as maxout
from engine.ops.activations import prelu as prelu
from engine.ops.activations import relu as relu
from engine.ops.activations import sigmoid as sigmoid
from engine.ops.activations import sine as sine
from engine.ops.activations import softplus as softplus
from engine.ops.activations import step as step
from engine.ops.activations import swish as swish
from engine.ops.activations import tanh as tanh
from engine.ops.arithmetic import add as add
from engine.ops.arithmetic import div as div
from engine.ops.arithmetic import mul as mul
from engine.ops.arithmetic import neg as neg
from engine.ops.arithmetic import pow as pow
from engine.ops.arithmetic import sub as sub
from engine.ops.compare import eq as eq
from engine.ops.compare import ge as ge
from engine.ops.compare import gt as gt
from engine.ops.compare import le as le
from engine.ops.compare import lt as lt
from engine.ops.compare import ne as ne
from engine.ops.conv import conv as conv
from engine.ops.conv import conv_full as conv_full
from engine.ops.conv import corr as corr
from engine.ops.conv import corr_full as corr_full
from engine.ops.conv import windows as windows
from engine.ops.elementwise import abs as abs
from engine.ops.elementwise import clip as clip
from engine.ops.elementwise import cos as cos
from engine.ops.elementwise import cosh as cosh
from engine.ops.elementwise import erf as erf
from engine.ops.elementwise import exp as exp
from engine.ops.elementwise import expm1 as expm1
from engine.ops.elementwise import floor as floor
from engine.ops.elementwise import log as log
from engine.ops.elementwise import log1p as log1p
from engine.ops.elementwise import logaddexp as logaddexp
from engine.ops.elementwise import maximum as maximum
from engine.ops.elementwise import minimum as minimum
from engine.ops.elementwise import sign as sign
from engine.ops.elementwise import sin as sin
from engine.ops.elementwise import sinh as sinh
from engine.ops.elementwise import sqrt as sqrt
from engine.ops.elementwise import square as square
from engine.ops.elementwise import where as where
from engine.ops.index import diag as diag
from engine.ops.index import scatter as scatter
from engine.ops.index import take as take
from engine.ops.index import write as write
from engine.ops.linalg import dot as dot
from engine.ops.linalg import einsum as _einsum
from engine.ops.linalg import matmul as matmul
from engine.ops.linalg import outer as outer
from engine.ops.loss import binary_cross_entropy as binary_cross_entropy
from engine.ops.loss import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from engine.ops.loss import cross_entropy as cross_entropy
from engine.ops.loss import cross_entropy_from_probabilities as cross_entropy_from_probabilities
from engine.ops.loss import hinge as hinge
from engine.ops.loss import margin_ranking as margin_ranking
from engine.ops.loss import mse as mse
from engine.ops.loss import multilabel_cross_entropy as multilabel_cross_entropy
from engine.ops.reduce import cumsum as cumsum
from engine.ops.reduce import log_softmax as log_softmax
from engine.ops.reduce import logsumexp as logsumexp
from engine.ops.reduce import max as max
from engine.ops.reduce import mean as mean
from engine.ops.reduce import min as min
from engine.ops.reduce import prod as prod
from engine.ops.reduce import softmax as softmax
from engine.ops.reduce import sum as sum
from engine.ops.shape import broadcast_to as broadcast_to
from engine.ops.shape import concatenate as concatenate
from engine.ops.shape import expand as expand
from engine.ops.shape import expand_dims as expand_dims
from engine.ops.shape import flip as flip
from engine.ops.shape import pad as pad
from engine.ops.shape import reshape as reshape
from engine.ops.shape import squeeze as squeeze
from engine.ops.shape import stack as stack
from engine.ops.shape import transpose as transpose

if TYPE_CHECKING:
    from engine.tensor import Tensor


def einsum(pattern: str, *operands: Any) -> Tensor:
    """Sums of products by a pattern: `einsum("ij,jk->ik", a, b)` is the matrix product."""
    return _einsum(*operands, pattern=pattern)
