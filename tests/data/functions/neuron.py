"""Scalars and classes, as in micrograd: a small network of neurons that hold their weights."""

import math


class Neuron:
    def __init__(self, weights, bias):
        self.weights = weights
        self.bias = bias

    def __call__(self, inputs):
        act = sum((w * x for w, x in zip(self.weights, inputs)), self.bias)
        return act.tanh()


class Layer:
    def __init__(self, neurons):
        self.neurons = neurons

    def __call__(self, inputs):
        return [neuron(inputs) for neuron in self.neurons]


def loss(w=0.3, v=-0.5, b=0.1, u=0.8, x=1.5, y=-0.25, target=1.0):
    layers = [
        Layer([Neuron([w, v], b), Neuron([v, w], -b)]),
        Layer([Neuron([u, math.pi / 4], b)]),
    ]
    out = [x, y]
    for layer in layers:
        out = layer(out)
    (score,) = out
    return (score - target) ** 2
