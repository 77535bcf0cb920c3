"""Exercises of different kinds, right backward passes for them, and wrong lines in these.

Each wrong line is given with what has to be found: the array, its status and the slip.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Wrong(NamedTuple):
    """One changed line: that of `name`. slips: the labels that are right; empty for none."""

    name: str
    line: str
    status: str
    slips: tuple[str, ...] = ()


class Pass(NamedTuple):
    """An exercise, the lines of a right pass by the name of the array, and wrong ones."""

    exercise: dict[str, Any]
    lines: dict[str, str]
    wrong: tuple[Wrong, ...]


def _vars(**shapes: list[Any] | tuple[list[Any], str]) -> dict[str, Any]:
    return {
        name: {"shape": given[0], "domain": given[1]}
        if isinstance(given, tuple)
        else {"shape": given}
        for name, given in shapes.items()
    }


NEURON = Pass(
    {
        "title": "A neuron",
        "vars": _vars(w=[], x=[], b=[], y=[]),
        "forward": ["z = w*x + b", "a = sigmoid(z)", "L = (a - y)**2/2"],
        "loss": "L",
        "targets": ["dL/dw", "dL/db"],
    },
    {"da": "a - y", "dz": "da * a * (1 - a)", "dw": "dz * x", "db": "dz"},
    (
        Wrong("da", "y - a", "wrong", ("sign_error",)),
        Wrong("da", "2 * (a - y)", "wrong", ("constant_factor", "power_rule")),
        Wrong("dz", "da * a", "wrong", ("activation_for_derivative",)),
        Wrong("dz", "da", "wrong", ("missing_chain_factor",)),
        Wrong("dz", "da * z * (1 - z)", "wrong", ("wrong_eval_point",)),
        Wrong("dz", "da * (1 - a**2)", "wrong", ("wrong_local_derivative",)),
        Wrong("dz", "a - y", "wrong", ("missing_chain_factor",)),
        Wrong("dw", "dz", "wrong", ("missing_chain_factor",)),
        Wrong("dw", "dz * w", "wrong", ("wrong_node", "wrong_local_derivative")),
        Wrong("db", "dz * x", "wrong", ("wrong_target", "extra_chain_factor")),
        Wrong("db", "1.0", "wrong", ("missing_chain_factor", "unknown")),
    ),
)

BATCH = Pass(
    {
        "title": "A dense layer on a batch",
        "dims": {"n": 5, "d": 3, "m": 4},
        "vars": _vars(X=["n", "d"], W=["d", "m"], b=["m"], Y=["n", "m"]),
        "forward": ["Z = X @ W + b", "A = tanh(Z)", "L = sum((A - Y)**2)/n"],
        "loss": "L",
    },
    {
        "dA": "2 * (A - Y) / n",
        "dZ": "dA * (1 - A**2)",
        "dX": "dZ @ W.T",
        "dW": "X.T @ dZ",
        "db": "dZ.sum(axis=0)",
        "dY": "-dA",
    },
    (
        Wrong("dA", "2 * (A - Y)", "wrong", ("batch_mean",)),
        Wrong("dA", "(A - Y) / n", "wrong", ("constant_factor", "power_rule")),
        Wrong("dA", "2 * (A - Y) / (n * A.shape[1])", "wrong", ("batch_mean",)),
        Wrong("dZ", "dA * A * (1 - A)", "wrong", ("wrong_local_derivative",)),
        Wrong("dZ", "dA * (1 - Z**2)", "wrong", ("wrong_eval_point",)),
        Wrong("dZ", "np.where(Z > 0, dA, 0)", "wrong", ("wrong_local_derivative",)),
        Wrong("db", "dZ", "shape", ("missing_sum",)),
        Wrong("db", "dZ.sum(axis=0, keepdims=True)", "shape", ("shape_mismatch",)),
        Wrong("db", "dZ.sum()", "shape", ("wrong_axis",)),
        Wrong("db", "dZ.sum(axis=1)", "shape", ("shape_mismatch", "wrong_axis")),
        Wrong("db", "dZ.mean(axis=0)", "wrong", ("batch_mean",)),
        Wrong("dW", "dZ.T @ X", "shape", ("transpose_error",)),
        Wrong("dW", "X.T @ dA", "wrong", ("missing_chain_factor", "wrong_node", "unknown")),
        Wrong("dW", "-X.T @ dZ", "wrong", ("sign_error",)),
        Wrong("dX", "W @ dZ.T", "shape", ("transpose_error",)),
        Wrong("dY", "dA", "wrong", ("missing_chain_factor", "sign_error")),
    ),
)

SOFTMAX = Pass(
    {
        "title": "Softmax and cross-entropy",
        "dims": {"k": 4, "d": 3},
        "vars": _vars(W=["k", "d"], x=["d"], b=["k"], y=(["k"], "simplex")),
        "forward": ["z = W @ x + b", "p = softmax(z)", "L = -sum(y*log(p))"],
        "loss": "L",
        "targets": ["dL/dW", "dL/db", "dL/dx"],
    },
    {
        "dp": "-y / p",
        "dz": "p * (dp - np.sum(p * dp))",
        "dW": "np.outer(dz, x)",
        "dx": "W.T @ dz",
        "db": "dz",
    },
    (
        Wrong("dp", "y / p", "wrong", ("sign_error",)),
        Wrong("dp", "-p / y", "wrong", ("inverted_ratio", "unknown")),
        Wrong("dp", "-y * np.log(p)", "wrong", ("not_differentiated",)),
        Wrong("dz", "dp * p * (1 - p)", "wrong", ("softmax_diagonal_only",)),
        Wrong("dz", "p * dp", "wrong", ("softmax_diagonal_only", "missing_branch")),
        Wrong("dW", "np.outer(x, dz)", "shape", ("transpose_error",)),
        Wrong("dx", "W.T @ p", "wrong", ()),
        Wrong("db", "dz.sum()", "shape", ("wrong_axis",)),
    ),
)

RNN = Pass(
    {
        "title": "A recurrent net over two steps",
        "dims": {"m": 3, "d": 2},
        "vars": _vars(U=["m", "d"], W=["m", "m"], x1=["d"], x2=["d"], s0=["m"], y=["m"]),
        "forward": [
            "s1 = tanh(U @ x1 + W @ s0)",
            "s2 = tanh(U @ x2 + W @ s1)",
            "L = sum((s2 - y)**2)/2 + sum((s1 - y)**2)/2",
        ],
        "loss": "L",
        "targets": ["dL/dU", "dL/dW"],
    },
    {
        "ds2": "s2 - y",
        "ds1": "s1 - y + W.T @ (ds2 * (1 - s2**2))",
        "dU": "np.outer(ds2 * (1 - s2**2), x2) + np.outer(ds1 * (1 - s1**2), x1)",
        "dW": "np.outer(ds2 * (1 - s2**2), s1) + np.outer(ds1 * (1 - s1**2), s0)",
    },
    (
        Wrong("ds1", "s1 - y", "wrong", ("missing_branch",)),
        Wrong("ds1", "W.T @ (ds2 * (1 - s2**2))", "wrong", ("missing_branch",)),
        Wrong("ds1", "s1 - y + W @ (ds2 * (1 - s2**2))", "wrong", ("transpose_error", "unknown")),
        Wrong("dW", "np.outer(ds2 * (1 - s2**2), s1)", "wrong", ("missing_branch",)),
        Wrong("dU", "np.outer(ds1 * (1 - s1**2), x1)", "wrong", ("missing_branch",)),
        Wrong(
            "dU",
            "np.outer(ds2 * (1 - s2**2), x2) - np.outer(ds1 * (1 - s1**2), x1)",
            "wrong",
            ("sign_error",),
        ),
    ),
)

LSTM = Pass(
    {
        "title": "The gates of an LSTM cell",
        "dims": {"m": 3},
        "vars": _vars(zi=["m"], zf=["m"], zo=["m"], zg=["m"], c0=["m"], y=["m"]),
        "forward": [
            "i = sigmoid(zi)",
            "f = sigmoid(zf)",
            "o = sigmoid(zo)",
            "g = tanh(zg)",
            "c = f*c0 + i*g",
            "h = o*tanh(c)",
            "L = sum((h - y)**2)/2",
        ],
        "loss": "L",
        "targets": ["dL/dzi", "dL/dzf", "dL/dzo", "dL/dzg", "dL/dc0"],
    },
    {
        "dh": "h - y",
        "dc": "dh * o * (1 - np.tanh(c)**2)",
        "dg": "dc * i",
        "do": "dh * np.tanh(c)",
        "df": "dc * c0",
        "di": "dc * g",
        "dzi": "di * i * (1 - i)",
        "dzf": "df * f * (1 - f)",
        "dzo": "do * o * (1 - o)",
        "dzg": "dg * (1 - g**2)",
        "dc0": "dc * f",
    },
    (
        Wrong("dc", "dh * o", "wrong", ("missing_chain_factor",)),
        Wrong("dc", "dh * o * (1 - c**2)", "wrong", ("wrong_eval_point",)),
        Wrong("dc", "dh * (1 - np.tanh(c)**2)", "wrong", ("missing_chain_factor",)),
        Wrong("do", "dh * c", "wrong", ("missing_chain_factor", "wrong_node", "unknown")),
        Wrong("df", "dc * c", "wrong", ("wrong_node", "wrong_local_derivative")),
        Wrong("dzg", "dg * g * (1 - g)", "wrong", ("wrong_local_derivative",)),
        Wrong("dzi", "di * i", "wrong", ("activation_for_derivative",)),
        Wrong("dc0", "dc * i", "wrong", ("wrong_target", "wrong_node")),
    ),
)

CONV = Pass(
    {
        "title": "A convolution in one dimension",
        "dims": {"n": 6, "m": 3, "o": 4},
        "vars": _vars(x=["n"], k=["m"], b=[], y=["o"]),
        "forward": ["z = corr(x, k) + b", "a = relu(z)", "L = sum((a - y)**2)/2"],
        "loss": "L",
        "targets": ["dL/dx", "dL/dk", "dL/db"],
    },
    {
        "da": "a - y",
        "dz": "np.where(z > 0, da, 0)",
        "dx": "np.convolve(dz, k)",
        "dk": "np.correlate(x, dz)",
        "db": "dz.sum()",
    },
    (
        Wrong("dz", "da", "wrong", ("missing_chain_factor",)),
        Wrong("dz", "da * a", "wrong", ("activation_for_derivative",)),
        Wrong("dz", "np.where(z < 0, da, 0)", "wrong", ("wrong_local_derivative",)),
        Wrong("dx", "np.convolve(dz, k[::-1])", "wrong", ("kernel_flip",)),
        Wrong("dk", "np.correlate(x, dz)[::-1]", "wrong", ("kernel_flip",)),
        Wrong("dk", "np.convolve(x, dz, 'valid')", "wrong", ("kernel_flip",)),
        Wrong("db", "dz", "shape", ("missing_sum",)),
        Wrong("db", "dz.mean()", "wrong", ("batch_mean",)),
    ),
)

NORM = Pass(
    {
        "title": "Batch normalisation of one feature",
        "dims": {"n": 5},
        "vars": _vars(x=["n"], y=["n"], g=[], b=[], eps=([], "positive")),
        "forward": [
            "mu = mean(x)",
            "c = x - mu",
            "s2 = mean(c**2)",
            "s = sqrt(s2 + eps)",
            "xh = c/s",
            "yh = g*xh + b",
            "L = sum((yh - y)**2)/2",
        ],
        "loss": "L",
        "targets": ["dL/dx", "dL/dg", "dL/db"],
    },
    {
        "dyh": "yh - y",
        "dxh": "dyh * g",
        "ds": "-np.sum(dxh * c) / s**2",
        "ds2": "ds / (2 * s)",
        "dc": "dxh / s + ds2 * 2 * c / n",
        "dmu": "-np.sum(dc)",
        "dx": "dc + dmu / n",
        "dg": "np.sum(dyh * xh)",
        "db": "np.sum(dyh)",
    },
    (
        Wrong("dc", "dxh / s", "wrong", ("missing_branch",)),
        Wrong("dc", "dxh / s + ds2 * 2 * c", "wrong", ("batch_mean",)),
        Wrong("dx", "dc", "wrong", ("missing_branch", "missing_chain_factor")),
        Wrong("dx", "dc + dmu", "wrong", ("batch_mean",)),
        Wrong("ds", "-dxh * c / s**2", "shape", ("missing_sum",)),
        Wrong("ds", "np.sum(dxh * c) / s**2", "wrong", ("sign_error",)),
        Wrong("ds2", "ds / s", "wrong", ("constant_factor",)),
        Wrong("dg", "dyh * xh", "shape", ("missing_sum",)),
    ),
)

ATTENTION = Pass(
    {
        "title": "Attention",
        "dims": {"m": 3, "n": 4, "d": 2, "k": 5},
        "vars": _vars(Q=["m", "d"], K=["n", "d"], V=["n", "k"], Y=["m", "k"]),
        "forward": [
            "S = Q @ K.T/sqrt(d)",
            "A = softmax(S)",
            "O = A @ V",
            "L = sum((O - Y)**2)/2",
        ],
        "loss": "L",
        "targets": ["dL/dQ", "dL/dK", "dL/dV"],
    },
    {
        "dO": "O - Y",
        "dA": "dO @ V.T",
        "dS": "A * (dA - np.sum(A * dA, axis=-1, keepdims=True))",
        "dQ": "dS @ K / np.sqrt(d)",
        "dK": "dS.T @ Q / np.sqrt(d)",
        "dV": "A.T @ dO",
    },
    (
        Wrong("dS", "A * (1 - A) * dA", "wrong", ("softmax_diagonal_only",)),
        Wrong(
            "dS",
            "A * (dA - np.sum(A * dA, axis=0, keepdims=True))",
            "wrong",
            ("wrong_axis",),
        ),
        Wrong("dQ", "dS @ K", "wrong", ("batch_mean", "missing_chain_factor", "constant_factor")),
        Wrong("dK", "Q.T @ dS / np.sqrt(d)", "shape", ("transpose_error",)),
        Wrong("dV", "dO.T @ A", "shape", ("transpose_error",)),
    ),
)

SKIP = Pass(
    {
        "title": "A residual block",
        "dims": {"n": 3, "m": 4},
        "vars": _vars(x=["n"], W=["m", "n"], V=["n", "m"], y=["n"]),
        "forward": ["h = relu(W @ x)", "r = x + V @ h", "L = sum((r - y)**2)/2"],
        "loss": "L",
        "targets": ["dL/dx", "dL/dW", "dL/dV"],
    },
    {
        "dr": "r - y",
        "dh": "V.T @ dr",
        "dx": "dr + W.T @ (dh * (h > 0))",
        "dW": "np.outer(dh * (h > 0), x)",
        "dV": "np.outer(dr, h)",
    },
    (
        Wrong("dx", "W.T @ (dh * (h > 0))", "wrong", ("missing_branch",)),
        Wrong("dx", "dr", "wrong", ("missing_branch", "missing_chain_factor")),
        Wrong("dW", "np.outer(dh, x)", "wrong", ("missing_chain_factor",)),
        Wrong("dW", "np.outer(x, dh * (h > 0))", "shape", ("transpose_error",)),
        Wrong("dV", "np.outer(h, dr)", "shape", ("transpose_error",)),
    ),
)

PASSES = {
    "neuron": NEURON,
    "batch": BATCH,
    "softmax": SOFTMAX,
    "rnn": RNN,
    "lstm": LSTM,
    "conv": CONV,
    "norm": NORM,
    "attention": ATTENTION,
    "skip": SKIP,
}
