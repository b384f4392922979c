// The network of a run as a PyTorch module, and its weights as PyTorch names and lays them out.
import { writeSafetensors } from '@bp/formats/safetensors'
import { nameOf } from './home.js'
import type { Trained } from './trained.js'

/** A program for Python 3 and PyTorch 1.10 or newer; it reads its weights from the file beside it. */
export function pytorchModule({ spec, model, folder }: Trained): string {
  const { settings, inputs, outputs, table } = spec
  const sizes = [inputs, ...settings.hidden, outputs]
  const layers = sizes.slice(1).map((size, layer) => `nn.Linear(${sizes[layer]}, ${size})`)
  const answers = {
    softmax: ['torch.softmax(self.logits(x), dim=-1)', 'the probability of each class'],
    sigmoid: ['torch.sigmoid(self.logits(x))', 'the probability of a 1'],
    linear: ['self.logits(x)', 'the target less its mean, in standard deviations'],
  } as const
  const [answer, meaning] = answers[model.outputActivation as keyof typeof answers]
  const target = table?.target
  return `"""The network of the run ${escaped(nameOf(folder))}, trained by bp, in PyTorch.

    from this_file import load
    load()(torch.tensor([[...]]))   # ${inputs} inputs a row; ${meaning}

How a row of a table becomes inputs is in the JSON file beside this one.
"""
import json
import struct
from pathlib import Path

import torch
from torch import nn
${
  target === undefined
    ? ''
    : target.task === 'classification'
      ? `\nCLASSES = ${pythonList(target.classes)}\n`
      : `\n# A prediction p is MEAN + STANDARD_DEVIATION * p in the unit of the target.\nMEAN = ${target.mean}\nSTANDARD_DEVIATION = ${target.standardDeviation}\n`
}

class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([
${layers.map((layer) => `            ${layer},`).join('\n')}
        ])

    def logits(self, x):
        for layer in self.layers[:-1]:
            x = torch.${settings.activation}(layer(x))
        return self.layers[-1](x)

    def forward(self, x):
        """${meaning[0]!.toUpperCase()}${meaning.slice(1)}, for rows of ${inputs} inputs."""
        return ${answer}


def load(path=Path(__file__).with_suffix(".safetensors")):
    """The trained network."""
    network = Network()
    network.load_state_dict(read_safetensors(path))
    return network.eval()


def read_safetensors(path):
    """Float32 tensors by name; the package safetensors does the same."""
    content = bytearray(Path(path).read_bytes())
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        flat = torch.frombuffer(content[begin:end], dtype=torch.float32)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


if __name__ == "__main__":
    import sys

    # Rows of inputs as JSON on standard input, predictions as JSON on standard output.
    with torch.no_grad():
        print(json.dumps(load()(torch.tensor(json.load(sys.stdin), dtype=torch.float32)).tolist()))
`
}

/** `layers.0.weight` with a row for each output, as `nn.Linear` has it. */
export function pytorchWeights({ model }: Trained): Uint8Array {
  return writeSafetensors(
    model.parameters.map(({ values, shape }, index) => {
      const layer = index >> 1
      if (index % 2 === 1) return { name: `layers.${layer}.bias`, shape, values: Float32Array.from(values) }
      const [inputs, units] = shape as readonly [number, number]
      const transposed = new Float32Array(values.length)
      for (let from = 0; from < inputs; from++)
        for (let to = 0; to < units; to++) transposed[to * inputs + from] = values[from * units + to]!
      return { name: `layers.${layer}.weight`, shape: [units, inputs], values: transposed }
    }),
    { format: 'pt' },
  )
}

/** Text inside a documentation string. */
const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')

/** A list of texts in JSON is one in Python too. */
const pythonList = (texts: readonly string[]) => JSON.stringify(texts)
