"""A model's two files: JSON with Hugging Face's keys for GPT-2 and an object "gca", and the weights as safetensors.

A safetensors file is the length of its header (8 bytes), the header (JSON: type, shape and place of each tensor) and
the tensors one after the other. Several JSON files may name the same weights.
"""
import json
import os
import re
import struct

import numpy as np
import torch

from training import hardware, transformer
from training.errors import UsageError

TYPE = "F16"


def write(path, data):
    """All of it or nothing."""
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(data)
    os.replace(partial, path)


def write_json(path, value):
    text = json.dumps(value, indent=2)
    text = re.sub(r"\[[^][{}\"]*\]", lambda numbers: "[" + " ".join(numbers[0][1:-1].split()) + "]", text)
    write(path, (text + "\n").encode())


def tensors_of(model):
    """What the published files hold: no scalers, which are in the JSON file."""
    return {name: tensor for name, tensor in model.state_dict().items() if ".kernel." not in name}


def write_weights(path, model):
    header, parts, end = {}, [], 0
    for name, tensor in sorted(tensors_of(model).items()):
        data = tensor.numpy().astype("<f2")
        if not np.isfinite(data).all():
            raise UsageError(f"{name} is {tensor.abs().max():g}: must be below 65504 to be stored as {TYPE}")
        header[name] = {"dtype": TYPE, "shape": list(data.shape), "data_offsets": [end, end + data.nbytes]}
        parts.append(data.tobytes())
        end += data.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    write(path, struct.pack("<Q", len(text)) + text + b"".join(parts))


def read_weights(path):
    data = path.read_bytes()
    size, = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + size])
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[8 + size + begin:8 + size + end], "<f2").astype(np.float32)
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]))
    return tensors


def head_settings(head):
    return {
        "geometry": {"dim": head.dim, "tile_tokens": head.tile_tokens, "tiles": head.tiles},
        "quantization": {"query_levels": head.query_levels, "store_levels": head.store_levels, "output": head.output,
                         "output_levels": head.output_levels},
        "cell": {"model": head.cell},
        "charge_to_pulse": {"s_sat": head.s_sat, "a_sat": head.a_sat},
        "leakage": {"form": head.leakage, "decay_per_token": head.decay_per_token},
    }


def scalers_of(model):
    """[layers][heads] of each."""
    return {f"{stage}_{letter}": [[float(f"{number:.8g}") for number in kernel.scaler(stage)[i].tolist()]
                                  for kernel in model.kernels]
            for stage in hardware.STAGES for i, letter in enumerate("ab")}


def write_model(path, model, weights, trained):
    """path: the JSON file. weights: the name of the other beside it. trained: how it was made, for readers."""
    shape = model.shape
    gca = {"weights": weights, "attention": "softmax"}
    if isinstance(model.kernels[0], hardware.Attention):
        head = model.kernels[0].head
        gca.update(attention="hardware", window=head.window, head=head_settings(head), scalers=scalers_of(model))
    write_json(path, {
        "model_type": "gpt2", "vocab_size": shape.vocabulary, "n_positions": shape.context, "n_embd": shape.embedding,
        "n_layer": shape.layers, "n_head": shape.heads, "n_inner": None, "layer_norm_epsilon": 1e-5,
        "activation_function": "gelu_new", "tie_word_embeddings": True, "gca": {**gca, "trained": trained}})


def read_model(path):
    """The model that write_model wrote, in float32."""
    try:
        config = json.loads(path.read_text())
        gca = config["gca"]
        shape = transformer.Shape(config["n_layer"], config["n_head"], config["n_embd"] // config["n_head"],
                                  config["n_positions"], config["vocab_size"])
        model = transformer.Transformer(shape)
        tensors = read_weights(path.parent / gca["weights"])
        if gca["attention"] == "hardware":
            settings = gca["head"]
            head = hardware.Head(**settings["geometry"], window=gca["window"], cell=settings["cell"]["model"],
                                 **settings["quantization"], **settings["charge_to_pulse"],
                                 leakage=settings["leakage"]["form"],
                                 decay_per_token=settings["leakage"]["decay_per_token"])
            model.set_attention(lambda: hardware.Attention(head, shape.heads))
            for name, layers in gca["scalers"].items():
                for layer, numbers in enumerate(layers):
                    tensors[f"h.{layer}.attn.kernel.{name}"] = torch.tensor(numbers)
        model.load_state_dict(tensors)
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from None
    except (KeyError, ValueError, TypeError, RuntimeError, struct.error) as error:
        raise UsageError(f"{path} is no model of scripts/train: {' '.join(str(error).split())[:200]}") from None
    return model
