"""The worked examples of the lectures, typed at the shell, with the numbers given for them.

Reference values have six significant digits and trailing zeros dropped.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tutor.cli.main import main

Data = dict[str, Any]


def traced(capsys: pytest.CaptureFixture[str], expression: str, *arguments: str) -> Data:
    """The JSON document of `backprop trace`, whose gradients all routes agree on."""
    code = main(["trace", expression, *arguments, "--json"])
    data = json.loads(capsys.readouterr().out)
    assert code == 0
    assert data["checks"]["finite_difference"]["agrees"]
    return dict(data)


def near(found: Any, wanted: Any) -> None:
    """Equal when rounded to six significant digits."""
    np.testing.assert_allclose(np.asarray(found, float), np.asarray(wanted, float), rtol=6e-6)
    assert np.shape(found) == np.shape(wanted)


def of(data: Data, name: str, key: str) -> Any:
    """A node's value or grad by its name."""
    return next(node[key] for node in data["nodes"] if node["name"] == name)


def updated(data: Data, name: str) -> Any:
    """The new value of a parameter in its update event."""
    node = next(node["id"] for node in data["nodes"] if node["name"] == name)
    return next(e["new"] for e in data["events"] if e["kind"] == "update" and e["node"] == node)


def after(data: Data, name: str) -> Any:
    """A node's value in the second pass."""
    node = next(node["id"] for node in data["nodes"] if node["name"] == name)
    return next(
        e["new"]
        for e in data["events"]
        if e["kind"] == "value" and e["node"] == node and "new" in e
    )


def test_we_01(capsys: pytest.CaptureFixture[str]) -> None:
    data = traced(capsys, "(x + y)*z", "--at", "x=-2,y=5,z=-4")
    expected = {"x": (-2, -4), "y": (5, -4), "z": (-4, 3), "q": (3, -4), "f": (-12, 1)}
    assert {n["name"]: (n["value"], n["grad"]) for n in data["nodes"]} == expected
    contributions = [e for e in data["events"] if e["kind"] == "contribution"]
    assert [(e["from"], e["node"], e["local"]) for e in contributions] == [
        (4, 3, -4),
        (4, 2, 3),
        (3, 0, 1),
        (3, 1, 1),
    ]
    assert len(data["events"]) == 10


WE_02 = (
    "n1 = w1*x1; n2 = w2*x2; n3 = n1 + n2; n4 = n3 + w0; n5 = -n4; n6 = exp(n5); n7 = n6 + 1; "
    "f = 1/n7"
)
WE_02_AT = ("--at", "w0=-3,w1=2,w2=-3,x1=-1,x2=-2")
WE_02_VALUES = {
    "n1": -2, "n2": 6, "n3": 4, "n4": 1, "n5": -1, "n6": 0.367879, "n7": 1.36788, "f": 0.731059,
}  # fmt: skip


def test_we_02_neuron(capsys: pytest.CaptureFixture[str]) -> None:
    data = traced(capsys, WE_02, *WE_02_AT)
    for name, value in WE_02_VALUES.items():
        near(of(data, name, "value"), value)
    gradients = {
        "n1": 0.196612, "n2": 0.196612, "n3": 0.196612, "n4": 0.196612, "n5": -0.196612,
        "n6": -0.534447, "n7": -0.534447, "f": 1, "w0": 0.196612, "w1": -0.196612,
        "w2": -0.393224, "x1": 0.393224, "x2": -0.589836,
    }  # fmt: skip
    for name, gradient in gradients.items():
        near(of(data, name, "grad"), gradient)


def test_we_02_loss(capsys: pytest.CaptureFixture[str]) -> None:
    data = traced(capsys, f"{WE_02}; L = -log(f)", *WE_02_AT)
    gradients = {
        "n1": -0.268941, "n4": -0.268941, "n5": 0.268941, "n6": 0.731059, "n7": 0.731059,
        "f": -1.36788, "L": 1, "w0": -0.268941, "w1": 0.268941, "w2": 0.537883,
        "x1": -0.537883, "x2": 0.806824,
    }  # fmt: skip
    near(of(data, "L", "value"), 0.313262)
    for name, gradient in gradients.items():
        near(of(data, name, "grad"), gradient)


@pytest.mark.parametrize(
    ("rate", "parameters", "z", "f", "loss"),
    [
        ("0.001", (-2.99973, 1.99973, -3.00054), 1.00161, 0.731376, 0.312828),
        ("0.01", (-2.99731, 1.99731, -3.00538), 1.01614, 0.734219, 0.308947),
    ],
)
def test_we_02_update(
    capsys: pytest.CaptureFixture[str],
    rate: str,
    parameters: tuple[float, ...],
    z: float,
    f: float,
    loss: float,
) -> None:
    data = traced(capsys, f"{WE_02}; L = -log(f)", *WE_02_AT, "--step", f"lr={rate}")
    for name, value in zip(("w0", "w1", "w2"), parameters, strict=True):
        near(updated(data, name), value)
        near(after(data, name), value)
    near([after(data, name) for name in ("n4", "f", "L")], [z, f, loss])
    updates = [e for e in data["events"] if e["kind"] == "update"]
    assert [e["rate"] for e in updates] == [float(rate)] * 3


def test_we_02_recomputed_from_the_printed_weights(capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--at", "w0=-2.9973,w1=1.9973,w2=-3.00054,x1=-1,x2=-2")
    data = traced(capsys, WE_02, *at)
    near([of(data, "n4", "value"), of(data, "f", "value")], [1.00648, 0.732331])


WE_03 = "I1 = W1@x; O1 = sigmoid(I1); I2 = W2@O1; O2 = sigmoid(I2)"
WE_03_AT = (
    "--at", "W1=[[1,0,1,0],[0,-1,0.5,-1],[-1,-1,0,0.5]]", "--at", "W2=[-1,1,-1],x=[1,-1,3,2]",
)  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "expected", "after_step"),
    [
        (
            "-log(O2)",
            {
                "L": 1.3803, "O2": -3.9761, "I2": -0.748497,
                "W2": [-0.735035, -0.465909, -0.547195], "O1": [0.748497, -0.748497, 0.748497],
                "I1": [0.0132205, -0.1759, 0.147163],
                "W1": [
                    [0.0132205, -0.0132205, 0.0396615, 0.026441],
                    [-0.1759, 0.1759, -0.527699, -0.351799],
                    [0.147163, -0.147163, 0.44149, 0.294327],
                ],
                "x": [-0.133943, 0.0287361, -0.0747293, 0.249481],
            },
            0.30079,
        ),
        (
            "(O2 - y)**2/2",
            {
                "L": 0.280124, "O2": -0.748497, "I2": -0.140904,
                "W2": [-0.13837, -0.087707, -0.103009], "O1": [0.140904, -0.140904, 0.140904],
                "I1": [0.00248875, -0.033113, 0.0277034],
                "W1": [
                    [0.00248875, -0.00248875, 0.00746624, 0.00497749],
                    [-0.033113, 0.033113, -0.0993389, -0.0662259],
                    [0.0277034, -0.0277034, 0.0831102, 0.0554068],
                ],
                "x": [-0.0252147, 0.00540955, -0.0140677, 0.0469647],
            },
            0.260359,
        ),
    ],
)  # fmt: skip
def test_we_03_b(
    capsys: pytest.CaptureFixture[str], loss: str, expected: Data, after_step: float
) -> None:
    extra = ("--at", "y=1") if "y" in loss else ()
    data = traced(capsys, f"{WE_03}; L = {loss}", *WE_03_AT, *extra, "--step", "lr=0.1")
    near(of(data, "I1", "value"), [4, 0.5, 1])
    near(of(data, "O1", "value"), [0.982014, 0.622459, 0.731059])
    near(of(data, "I2", "value"), -1.09061)
    near(of(data, "O2", "value"), 0.251503)
    near(of(data, "L", "value"), expected.pop("L"))
    for name, gradient in expected.items():
        near(of(data, name, "grad"), gradient)
    near(after(data, "O2"), after_step)


def test_we_04(capsys: pytest.CaptureFixture[str]) -> None:
    data = traced(
        capsys,
        "g1 = w11*x1; g2 = w12*x2; g3 = w21*x1; g4 = w22*x2; g5 = g1 + g2; g6 = g3 + g4; "
        "g7 = sigmoid(g5); g8 = sigmoid(g6); g9 = v1*g7; g10 = v2*g8; g11 = g9 + g10; "
        "g12 = sigmoid(g11); L = -log(g12)",
        "--at", "x1=2,x2=3,w11=0.5,w12=1,w21=0.5,w22=0.5,v1=-2,v2=2", "--step", "lr=0.001",
    )  # fmt: skip
    gates = {
        "g1": (1, 0.0186837), "g2": (3, 0.0186837), "g3": (1, -0.0741562), "g4": (1.5, -0.0741562),
        "g5": (4, 0.0186837), "g6": (2.5, -0.0741562), "g7": (0.982014, 1.05781),
        "g8": (0.924142, -1.05781), "g9": (-1.96403, -0.528904), "g10": (1.84828, -0.528904),
        "g11": (-0.115744, -0.528904), "g12": (0.471096, -2.12271), "L": (0.752693, 1),
    }  # fmt: skip
    for name, (value, gradient) in gates.items():
        near(of(data, name, "value"), value)
        near(of(data, name, "grad"), gradient)
    weights = {
        "w11": (0.0373675, 0.499963), "w12": (0.0560512, 0.999944), "w21": (-0.148312, 0.500148),
        "w22": (-0.222469, 0.500222), "v1": (-0.519391, -1.99948), "v2": (-0.488782, 2.00049),
    }  # fmt: skip
    for name, (gradient, new) in weights.items():
        near(of(data, name, "grad"), gradient)
        near(updated(data, name), new)
    near(after(data, "g12"), 0.471372)


@pytest.mark.parametrize(
    ("name", "parts", "total"),
    [("x1", (-0.0370781, 0.00934187), -0.0277362), ("x2", (-0.0370781, 0.0186837), -0.0183944)],
)
def test_we_04_branches_add(
    capsys: pytest.CaptureFixture[str], name: str, parts: tuple[float, float], total: float
) -> None:
    data = traced(
        capsys,
        "h1 = sigmoid(w11*x1 + w12*x2); h2 = sigmoid(w21*x1 + w22*x2); "
        "-log(sigmoid(v1*h1 + v2*h2))",
        "--at", "x1=2,x2=3,w11=0.5,w12=1,w21=0.5,w22=0.5,v1=-2,v2=2",
    )  # fmt: skip
    node = next(n["id"] for n in data["nodes"] if n["name"] == name)
    arrivals = [e for e in data["events"] if e["kind"] == "contribution" and e["node"] == node]
    near(sorted(e["amount"] for e in arrivals), sorted(parts))
    near(arrivals[-1]["total"], total)
    near(arrivals[0]["total"], arrivals[0]["amount"])


def test_we_04_what_survives_of_the_deck(capsys: pytest.CaptureFixture[str]) -> None:
    data = traced(capsys, "g12 = sigmoid(g11); L = -log(g12)", "--at", "g11=-0.115729")
    near(of(data, "g12", "value"), 0.4711)
    near(of(data, "g12", "grad"), -2.12269)
    near(of(data, "g11", "grad"), -0.5289)
    local = next(e["local"] for e in data["events"] if e.get("node") == 0 and "local" in e)
    near(local, 0.249165)


def test_we_05_layer(capsys: pytest.CaptureFixture[str]) -> None:
    data = traced(
        capsys, "z = W@x + b; a = sigmoid(z); L = sum(a)",
        "--at", "W=[[1,-2],[-1,1]],x=[1,-1],b=[1,0]",
    )  # fmt: skip
    near(of(data, "z", "value"), [4, -2])
    near(of(data, "a", "value"), [0.982014, 0.119203])
    near(of(data, "W", "grad"), [[0.0176627, -0.0176627], [0.104994, -0.104994]])
    near(of(data, "b", "grad"), [0.0176627, 0.104994])
    near(of(data, "x", "grad"), [-0.0873309, 0.0696682])
    z = next(n["id"] for n in data["nodes"] if n["name"] == "z")
    local = next(e["local"] for e in data["events"] if e["node"] == z and "local" in e)
    near(local, [0.0176627, 0.104994])


TOY = (
    "z1 = W1@x + b1; a1 = sigmoid(z1); z2 = W2@a1 + b2; a2 = sigmoid(z2); "
    "z3 = W3@a2 + b3; y = sigmoid(z3)"
)
TOY_AT = (
    "--at", "W1=[[1,-2],[-1,1]],b1=[1,0],W2=[[2,-1],[-2,-1]],b2=[0,0]",
    "--at", "W3=[[3,-1],[-1,4]],b3=[-2,2]",
)  # fmt: skip


@pytest.mark.parametrize(
    ("x", "values", "gradients"),
    [
        (
            "[1,-1]",
            {
                "z1": [4, -2], "a1": [0.982014, 0.119203], "z2": [1.84482, -2.08323],
                "a2": [0.863518, 0.110737], "z3": [0.479817, 1.57943], "y": [0.617705, 0.829124],
            },
            {
                "z3": [0.236146, 0.141677], "z2": [0.0667951, 0.0325522],
                "z1": [0.00120965, -0.0104308], "b3": [0.236146, 0.141677],
                "b2": [0.0667951, 0.0325522], "b1": [0.00120965, -0.0104308],
                "W3": [[0.203916, 0.0261502], [0.122341, 0.015689]],
                "W2": [[0.0655937, 0.00796217], [0.0319667, 0.00388032]],
                "W1": [[0.00120965, -0.00120965], [-0.0104308, 0.0104308]],
            },
        ),
        (
            "[0,0]",
            {
                "z1": [1, 0], "a1": [0.731059, 0.5], "z2": [0.962117, -1.96212],
                "a2": [0.723545, 0.123238], "z3": [0.0473984, 1.76941],
                "y": [0.511847, 0.854384],
            },
            {
                "z3": [0.24986, 0.124412], "z2": [0.125051, 0.0267737],
                "z1": [0.0386448, -0.037956],
                "W3": [[0.180785, 0.0307922], [0.0900178, 0.0153323]],
                "W2": [[0.0914192, 0.0625253], [0.0195731, 0.0133868]],
                "W1": [[0, 0], [0, 0]],
            },
        ),
    ],
)  # fmt: skip
def test_we_05_toy_network(
    capsys: pytest.CaptureFixture[str], x: str, values: Data, gradients: Data
) -> None:
    data = traced(capsys, f"{TOY}; L = sum(y)", *TOY_AT, "--at", f"x={x}")
    for name, value in values.items():
        near(of(data, name, "value"), value)
    for name, gradient in gradients.items():
        near(of(data, name, "grad"), gradient)


@pytest.mark.parametrize(
    ("x", "jacobian"),
    [
        ("[1,-1]", [[0.0100955, -0.0138664], [0.00154499, 0.00101624]]),
        ("[0,0]", [[0.100309, -0.169884], [-0.0237085, 0.0546383]]),
    ],
)
def test_we_05_jacobian_row_by_row(
    capsys: pytest.CaptureFixture[str], x: str, jacobian: list[list[float]]
) -> None:
    for seed, row in zip(("[1,0]", "[0,1]"), jacobian, strict=True):
        data = traced(capsys, TOY, *TOY_AT, "--at", f"x={x}", "--upstream", seed)
        near(data["inputs"]["x"]["grad"], row)


@pytest.mark.parametrize(
    ("cost", "value", "gradients"),
    [
        (
            "(y - a2)**2/2",
            0.0860814,
            {
                "a2": [-0.414925], "z2": [-0.100728], "z1": [-0.013827, 0.0125831],
                "b2": [-0.100728], "b1": [-0.013827, 0.0125831],
                "W2": [[-0.0650357, -0.0491052]],
                "W1": [[-0.0069135, 0.013827], [0.00629157, -0.0125831]],
                "x": [0.0060428, 0.00678912],
            },
        ),
        (
            "-log(a2)",
            0.536015,
            {
                "a2": [-1.70918], "z2": [-0.414925], "z1": [-0.056957, 0.0518332],
                "b2": [-0.414925], "b1": [-0.056957, 0.0518332],
                "W2": [[-0.267899, -0.202277]],
                "W1": [[-0.0284785, 0.056957], [0.0259166, -0.0518332]],
                "x": [0.0248919, 0.0279661],
            },
        ),
    ],
)  # fmt: skip
def test_co_02(
    capsys: pytest.CaptureFixture[str], cost: str, value: float, gradients: Data
) -> None:
    data = traced(
        capsys,
        "z1 = W1@x + b1; a1 = sigmoid(z1); z2 = W2@a1 + b2; a2 = sigmoid(z2); "
        f"C = sum({cost})",
        "--at", "x=[0.5,-1],W1=[[0.2,-0.4],[0.7,0.1]],b1=[0.1,-0.3]",
        "--at", "W2=[[0.6,-0.5]],b2=[0.2]", *(("--at", "y=1") if "y" in cost else ()),
    )  # fmt: skip
    near(of(data, "z1", "value"), [0.6, -0.05])
    near(of(data, "a1", "value"), [0.645656, 0.487503])
    near(of(data, "z2", "value"), [0.343642])
    near(of(data, "a2", "value"), [0.585075])
    near(of(data, "C", "value"), value)
    for name, gradient in gradients.items():
        near(of(data, name, "grad"), gradient)
    locals_of = {e["node"]: e["local"] for e in data["events"] if "local" in e}
    z1, z2 = (next(n["id"] for n in data["nodes"] if n["name"] == z) for z in ("z1", "z2"))
    near(locals_of[z1], [0.228784, 0.249844])
    near(locals_of[z2], [0.242762])
