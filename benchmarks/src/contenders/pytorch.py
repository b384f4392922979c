"""PyTorch on one thread."""

import torch
from torch.nn import functional

torch.set_num_threads(1)
version = f"torch {torch.__version__}"


def tensor(values, shape):
    return torch.frombuffer(values, dtype=torch.float32).reshape(shape)


def batches(problem):
    data = tensor(problem["data"], (-1, problem["inputs"]))
    targets = tensor(problem["targets"], (-1, problem["outputs"]))
    if problem["kind"] == "transformer":
        data, targets = data.long(), targets.long()
    elif problem["outputs"] > 1:
        targets = targets.argmax(1)
    size = problem["batch"]
    return [(data[at : at + size], targets[at : at + size]) for at in range(0, len(data), size)]


def training(problem, model, criterion):
    optimizer = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[problem["optimizer"]](
        model.parameters(), lr=problem["learningRate"]
    )
    data = batches(problem)
    position = 0

    def run(count):
        nonlocal position
        for _ in range(count):
            x, y = data[position]
            position = (position + 1) % len(data)
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        return loss.item()

    return run


def parameters(problem):
    return [tensor(parameter["values"], parameter["shape"]) for parameter in problem["parameters"]]


def linear(weights, bias):
    layer = torch.nn.Linear(*weights.shape)
    with torch.no_grad():
        layer.weight.copy_(weights.t())
        layer.bias.copy_(bias)
    return layer


def mlp(problem):
    activation = torch.nn.Sigmoid if problem["activation"] == "sigmoid" else torch.nn.ReLU
    values = parameters(problem)
    layers = []
    for at in range(0, len(values), 2):
        if at > 0:
            layers.append(activation())
        layers.append(linear(values[at], values[at + 1]))
    one = problem["outputs"] == 1
    criterion = functional.binary_cross_entropy_with_logits if one else functional.cross_entropy
    return training(problem, torch.nn.Sequential(*layers), criterion)


def convolution(weights, bias):
    """PyTorch is channels-first: weights are transposed from window × window × channels × filters."""
    layer = torch.nn.Conv2d(weights.shape[2], weights.shape[3], weights.shape[0], padding="same")
    with torch.no_grad():
        layer.weight.copy_(weights.permute(3, 2, 0, 1))
        layer.bias.copy_(bias)
    return layer


def cnn(problem):
    values = parameters(problem)
    layers = [torch.nn.Unflatten(1, (1, 28, 28))]
    for at in range(0, len(values), 2):
        weights, bias = values[at], values[at + 1]
        if weights.dim() == 4:
            layers += [convolution(weights, bias), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
            filters = weights.shape[3]
            continue
        if isinstance(layers[-1], torch.nn.MaxPool2d):
            # The rows of the weights are ordered by cells × filters.
            weights = weights.reshape(-1, filters, weights.shape[1]).transpose(0, 1).reshape(weights.shape)
            layers.append(torch.nn.Flatten())
        else:
            layers.append(torch.nn.ReLU())
        layers.append(linear(weights, bias))
    return training(problem, torch.nn.Sequential(*layers), functional.cross_entropy)


def norm(gamma, beta):
    layer = torch.nn.LayerNorm(len(gamma), eps=1e-5)
    with torch.no_grad():
        layer.weight.copy_(gamma)
        layer.bias.copy_(beta)
    return layer


class Attention(torch.nn.Module):
    def __init__(self, take, positions, heads):
        super().__init__()
        self.heads = heads
        self.queries, self.keys, self.values, self.output = (linear(take(), take()) for _ in range(4))
        self.register_buffer("mask", torch.full((positions, positions), -torch.inf).triu(1))

    def forward(self, x):
        def apart(z):
            return z.unflatten(2, (self.heads, -1)).transpose(1, 2)

        q, k, v = apart(self.queries(x)), apart(self.keys(x)), apart(self.values(x))
        scores = q @ k.transpose(2, 3) * q.shape[3] ** -0.5 + self.mask
        return self.output((scores.softmax(3) @ v).transpose(1, 2).flatten(2))


class Transformer(torch.nn.Module):
    def __init__(self, problem):
        super().__init__()
        take = iter(parameters(problem)).__next__
        self.table = torch.nn.Embedding.from_pretrained(take(), freeze=False)
        self.places = torch.nn.Parameter(take().clone())
        self.parts = torch.nn.ModuleList()
        for _ in range(problem["blocks"]):
            attention = [norm(take(), take()), Attention(take, problem["inputs"], problem["heads"])]
            gelu = torch.nn.GELU(approximate="tanh")
            hidden = [norm(take(), take()), linear(take(), take()), gelu, linear(take(), take())]
            self.parts += [torch.nn.Sequential(*attention), torch.nn.Sequential(*hidden)]
        self.last = torch.nn.Sequential(norm(take(), take()), linear(take(), take()))

    def forward(self, x):
        z = self.table(x) + self.places
        for part in self.parts:
            z = z + part(z)
        return self.last(z)


def transformer(problem):
    def criterion(logits, targets):
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten())

    return training(problem, Transformer(problem), criterion)


def product(problem):
    side, stack = problem["side"], problem["stack"]
    a, b = (tensor(problem[name], (stack, side, side)) for name in ("a", "b"))
    if problem["layout"] == "tn":
        a = a.transpose(1, 2)
    if problem["layout"] == "nt":
        b = b.transpose(1, 2)
    row_weights = tensor(problem["rowWeights"], (stack, side, 1)).double()
    column_weights = tensor(problem["columnWeights"], (side,)).double()
    products = torch.empty(stack, side, side)

    def run(count):
        for _ in range(count):
            if stack == 1:
                torch.mm(a[0], b[0], out=products[0])
            else:
                torch.bmm(a, b, out=products)
        return (products.double() * column_weights * row_weights).sum().item()

    return run


def open(problem):
    return {"mlp": mlp, "cnn": cnn, "transformer": transformer, "product": product}[problem["kind"]](problem)
